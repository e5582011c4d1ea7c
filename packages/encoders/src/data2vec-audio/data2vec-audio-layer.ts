import { addNorm, attentionOfRows, feedForward, type Mode, modeFor, rowsOf, unpack } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Data2VecAudioConfig } from './data2vec-audio-config';
import type { Data2VecLayerParams } from './data2vec-audio-params';

/**
 * One transformer layer of Data2Vec-audio: post-norm like BERT's, with a dropout of its own on the attention's weights, on the
 * feed-forward network's hidden units, and on what is added to the residuals.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real frame.
 * @returns [B, T, D]; what stands at padded frames means nothing.
 */
export function data2VecLayer(
  params: Data2VecLayerParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  config: Data2VecAudioConfig,
  mode: Mode,
): tf.Tensor3D {
  const { q_proj: query, k_proj: key, v_proj: value, out_proj: output } = params.attention;
  const { intermediate_dense: inner, output_dense: outer } = params.feed_forward;
  const { lora, activation, activationDropout } = config;
  const options = { numHeads: config.numHeads, dropout: config.attentionDropout, ...(lora && { lora }) };
  return tf.tidy(() => {
    const own = rowsOf(x, mask);
    const attended = attentionOfRows({ query, key, value, output }, own, own, options, modeFor(mode, 0));
    const h = addNorm(params.layer_norm, own.rows, attended, config, modeFor(mode, 1));
    const changed = feedForward({ inner, outer }, h, activation, activationDropout, modeFor(mode, 2), lora);
    return unpack(addNorm(params.final_layer_norm, h, changed, config, modeFor(mode, 3)), own.layout);
  });
}
