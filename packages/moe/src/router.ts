import {
  type Activation,
  activations,
  createRng,
  evaluating,
  initLinear,
  type LinearParams,
  linearLayer,
  type Mode,
  maskedMean,
  normal,
  type Rng,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// B batch, T time, D dModel, N experts

export type RouterParams = {
  /** D -> D/4 */ conv1: LinearParams;
  /** D/4 -> D/4 */ conv2: LinearParams;
  /** D/4 -> N */ gate: LinearParams;
};

export function initRouter(dModel: number, numExperts: number, rng: Rng): RouterParams {
  const inner = Math.floor(dModel / 4);
  return {
    conv1: initLinear(dModel, inner, rng),
    conv2: initLinear(inner, inner, rng),
    gate: initLinear(inner, numExperts, rng),
  };
}

/**
 * How much of each expert a sample gets: two pointwise convolutions with an activation between, the mean over the real frames, a
 * linear layer and a softmax.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real frame.
 * @param noise Deviation of the normal noise that is added to the logits in training, so that the choice among equals is explored.
 * @returns [B, N], rows that sum to 1.
 * @see MMoLRE, section III-B; the activation and the last linear layer are MLoRE's.
 */
export function router(
  params: RouterParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  activation: Activation,
  noise = 0,
  mode: Mode = evaluating,
): tf.Tensor2D {
  return tf.tidy(() => {
    const h = linearLayer(params.conv2, activations[activation](linearLayer(params.conv1, x)));
    const logits = linearLayer(params.gate, maskedMean(h, mask));
    if (!mode.training || noise === 0) return tf.softmax(logits);
    return tf.softmax(tf.add(logits, normal<tf.Rank.R2>(logits.shape, noise, createRng(mode.seed))));
  });
}
