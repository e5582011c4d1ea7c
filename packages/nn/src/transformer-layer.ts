import * as tf from '@tensorflow/tfjs';
import { type AttentionOptions, type AttentionParams, attentionOfRows, initAttention } from './attention';
import { type FeedForwardParams, feedForward, initFeedForward } from './feed-forward';
import { addNorm, initLayerNorm, type LayerNormParams } from './layer-norm';
import { type Mode, modeFor } from './mode';
import type { Rng } from './random';
import { rowsOf, unpack } from './rows';

export type TransformerLayerParams = {
  attention: AttentionParams;
  attentionNorm: LayerNormParams;
  feedForward: FeedForwardParams;
  feedForwardNorm: LayerNormParams;
};

export function initTransformerLayer(dModel: number, width: number, rng: Rng): TransformerLayerParams {
  return {
    attention: initAttention(dModel, rng),
    attentionNorm: initLayerNorm(dModel),
    feedForward: initFeedForward(dModel, width, rng),
    feedForwardNorm: initLayerNorm(dModel),
  };
}

/**
 * One encoder layer as BERT has it: self-attention, then a feed-forward network with GELU; each followed by dropout, the residual
 * and a layer norm (post-norm).
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real position.
 * @returns [B, T, D]; what stands at padded positions means nothing.
 */
export function transformerLayer(
  params: TransformerLayerParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: AttentionOptions,
  mode: Mode,
): tf.Tensor3D {
  return tf.tidy(() => {
    const own = rowsOf(x, mask);
    const attended = attentionOfRows(params.attention, own, own, options, modeFor(mode, 0));
    const h = addNorm(params.attentionNorm, own.rows, attended, options, modeFor(mode, 1));
    const changed = feedForward(params.feedForward, h, 'gelu');
    return unpack(addNorm(params.feedForwardNorm, h, changed, options, modeFor(mode, 2)), own.layout);
  });
}
