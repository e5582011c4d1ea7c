import {
  type Activation,
  addNorm,
  attentionOfRows,
  feedForward,
  type LayerNormParams,
  type LinearParams,
  type LoraOptions,
  type Mode,
  modeFor,
  rowsOf,
  unpack,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// B batch, T tokens, D dModel

/** One layer, named as in the checkpoint. */
export type BertLayerParams = {
  attention: {
    self: { query: LinearParams; key: LinearParams; value: LinearParams };
    output: { dense: LinearParams; LayerNorm: LayerNormParams };
  };
  intermediate: { dense: LinearParams };
  output: { dense: LinearParams; LayerNorm: LayerNormParams };
};

export type BertLayerOptions = {
  numHeads: number;
  dropout: number;
  attentionDropout: number;
  activation: Activation;
  epsilon: number;
  lora?: LoraOptions;
};

/**
 * One encoder layer: self-attention, then a feed-forward network; each followed by dropout, the residual and a layer norm.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real token.
 * @returns [B, T, D]; what stands at padded tokens means nothing.
 */
export function bertLayer(
  params: BertLayerParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: BertLayerOptions,
  mode: Mode,
): tf.Tensor3D {
  const { self, output } = params.attention;
  const attentionParams = { query: self.query, key: self.key, value: self.value, output: output.dense };
  const { lora } = options;
  const attentionOptions = { numHeads: options.numHeads, dropout: options.attentionDropout, ...(lora && { lora }) };
  const feedForwardParams = { inner: params.intermediate.dense, outer: params.output.dense };
  return tf.tidy(() => {
    const own = rowsOf(x, mask);
    const attended = attentionOfRows(attentionParams, own, own, attentionOptions, modeFor(mode, 0));
    const h = addNorm(output.LayerNorm, own.rows, attended, options, modeFor(mode, 1));
    const changed = feedForward(feedForwardParams, h, options.activation, 0, modeFor(mode, 3), lora);
    return unpack(addNorm(params.output.LayerNorm, h, changed, options, modeFor(mode, 2)), own.layout);
  });
}
