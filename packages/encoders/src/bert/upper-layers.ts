import { applyMask, type Mode, mapLeaves, modeFor, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Encoder } from '../encoder';
import type { BertParams } from './bert';
import type { BertConfig } from './bert-config';
import { type BertLayerParams, bertLayer } from './bert-layer';

/** Layers of a BERT or RoBERTa, `layer[0]` the lowest of them. */
export type UpperLayersParams = { layer: BertLayerParams[] };

/** The same encoder without its last layers. */
export function withoutUpper<Model extends { config: BertConfig; params: BertParams }>(
  { config, params, ...model }: Model,
  count: number,
) {
  const numLayers = config.numLayers - count;
  const layer = params.encoder.layer.slice(0, numLayers);
  return { ...model, config: { ...config, numLayers }, params: { ...params, encoder: { layer } } };
}

/** Its last layers as they came: copies, which can train. */
export const copyUpper = ({ encoder }: BertParams, count: number): UpperLayersParams => ({
  layer: encoder.layer.slice(encoder.layer.length - count).map((layer) => mapLeaves(layer, (leaf) => tf.clone(leaf))),
});

/** An encoder with these layers behind it: `lower` gives the hidden states that the first of them reads. */
export function withUpper(
  lower: Encoder<string, Sequence>,
  params: UpperLayersParams,
  config: BertConfig,
): Encoder<string, Sequence> {
  const layers = (hidden: tf.Tensor3D, mask: tf.Tensor2D, mode: Mode) =>
    params.layer.reduce((x, layer, i) => bertLayer(layer, x, mask, config, modeFor(mode, i)), hidden);
  return {
    ...lower,
    params,
    encode: ({ hidden, mask }, mode) => ({
      hidden: tf.tidy(() => applyMask(layers(hidden, mask, mode), mask)),
      mask,
    }),
  };
}
