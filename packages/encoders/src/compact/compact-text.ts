import {
  applyMask,
  dropout,
  embedding,
  initLayerNorm,
  initTransformerLayer,
  type LayerNormParams,
  layerNorm,
  type Mode,
  modeFor,
  normal,
  type Rng,
  type Sequence,
  type TransformerLayerParams,
  transformerLayer,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Encoder, TextInput } from '../encoder';
import { padTokens } from '../pad-tokens';
import type { SubwordTokenizer } from './subwords';

// B batch, T tokens, V vocabulary, P positions, D dModel

export type CompactTextConfig = {
  kind: 'compact';
  numLayers: number;
  numHeads: number;
  /** Inner width of the feed-forward networks. */
  width: number;
  dropout: number;
  /** Tokens that a text is cut at, the two special ones included. */
  maxTokens: number;
  /** Whether the subword vectors are trained too, or only what reads them. */
  trainTable: boolean;
};

export type CompactTextParams = {
  /** [V, D] */ table: tf.Tensor2D;
  /** [P, D] */ positions: tf.Tensor2D;
  norm: LayerNormParams;
  layers: TransformerLayerParams[];
};

/** Width of the subword vectors that the package carries, and so of the model that reads them. */
export const SUBWORD_WIDTH = 96;

/** Subwords of the table. */
export const SUBWORD_COUNT = 30_522;

/**
 * Parameters around a table of subword vectors, the rest at random.
 *
 * @param table [V, D], such as `readSubwordTable` gives; it becomes part of the parameters.
 */
export function initCompactText(config: CompactTextConfig, table: tf.Tensor2D, rng: Rng): CompactTextParams {
  return {
    table,
    positions: normal<tf.Rank.R2>([config.maxTokens, SUBWORD_WIDTH], 0.02, rng),
    norm: initLayerNorm(SUBWORD_WIDTH),
    layers: Array.from({ length: config.numLayers }, () => initTransformerLayer(SUBWORD_WIDTH, config.width, rng)),
  };
}

/** Subword vectors plus learned positions, and a few transformer layers. */
export function compactText(
  params: CompactTextParams,
  { ids, mask }: TextInput,
  config: CompactTextConfig,
  mode: Mode,
): Sequence {
  const [, T] = ids.shape;
  const hidden = tf.tidy(() => {
    const positions = tf.slice(params.positions, [0, 0], [T, params.positions.shape[1]]);
    let h = layerNorm(params.norm, tf.add(embedding(params.table, ids), positions) as tf.Tensor3D);
    h = dropout(h, config.dropout, modeFor(mode, 0));
    params.layers.forEach((layer, i) => {
      h = transformerLayer(layer, h, mask, config, modeFor(mode, 1, i));
    });
    return applyMask(h, mask);
  });
  return { hidden, mask };
}

/** The compact text encoder: WordPiece tokens of all-MiniLM-L6-v2, lower-cased. */
export function createCompactText(
  config: CompactTextConfig,
  params: CompactTextParams,
  { encode }: SubwordTokenizer,
): Encoder<string, TextInput> {
  return {
    dModel: params.table.shape[1],
    params,
    prepare: (texts) => padTokens(texts.map((text) => encode(text, config.maxTokens))),
    encode: (input, mode) => compactText(params, input, config, mode),
  };
}
