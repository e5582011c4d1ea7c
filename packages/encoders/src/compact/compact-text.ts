import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
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
  parseSafetensors,
  type Rng,
  type TransformerLayerParams,
  toTensor,
  transformerLayer,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { EncoderOutput, TextEncoder, TextInput } from '../encoder';

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

const asset = (name: string) => readFileSync(fileURLToPath(new URL(`../../assets/minilm-96/${name}`, import.meta.url)));

/** Subword vectors distilled from all-MiniLM-L6-v2 (assets/minilm-96/SOURCES.md), the rest at random. */
export function initCompactText(config: CompactTextConfig, rng: Rng): CompactTextParams {
  const stored = parseSafetensors(asset('embeddings.safetensors'), 'embeddings.safetensors').get('table')!;
  return {
    table: toTensor(stored) as tf.Tensor2D,
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
): EncoderOutput {
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
export function createCompactText(config: CompactTextConfig, params: CompactTextParams): TextEncoder {
  const tokenizer = new Tokenizer(JSON.parse(asset('tokenizer.json').toString('utf8')), {});
  const tokenize = (text: string) => {
    const { ids } = tokenizer.encode(text);
    return ids.length <= config.maxTokens ? ids : [...ids.slice(0, config.maxTokens - 1), ids.at(-1)!];
  };
  return {
    dModel: params.table.shape[1],
    params,
    prepare: (texts) => padTokens(texts.map(tokenize)),
    encode: (input, mode) => compactText(params, input, config, mode),
  };
}

/** Pads id lists to the longest. */
export function padTokens(lists: readonly (readonly number[])[], padId = 0): TextInput {
  const T = Math.max(...lists.map((list) => list.length));
  const ids = new Int32Array(lists.length * T).fill(padId);
  const mask = new Float32Array(lists.length * T);
  lists.forEach((list, b) => {
    ids.set(list, b * T);
    mask.fill(1, b * T, b * T + list.length);
  });
  return { ids: tf.tensor2d(ids, [lists.length, T], 'int32'), mask: tf.tensor2d(mask, [lists.length, T]) };
}
