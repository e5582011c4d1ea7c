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

/** 1 for each row's k largest entries, else 0. No gradient flows through the choice. */
export function topKMask(probs: tf.Tensor2D, k: number): tf.Tensor2D {
  const choose = tf.customGrad((p) => {
    const { indices } = tf.topk(p as tf.Tensor2D, k);
    const value = tf.sum(tf.oneHot(tf.cast(indices, 'int32'), probs.shape[1]), 1);
    return { value: tf.cast(value, 'float32'), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) };
  });
  return tf.tidy(() => choose(probs)) as tf.Tensor2D;
}

/** The k largest gates with their softmax value, the others 0; `renormalise` makes each row sum to 1 again. */
export function topKGates(probs: tf.Tensor2D, k: number, renormalise: boolean): tf.Tensor2D {
  return tf.tidy(() => {
    if (k >= probs.shape[1]) return tf.clone(probs);
    const gates = tf.mul(probs, topKMask(probs, k)) as tf.Tensor2D;
    return renormalise ? tf.div(gates, tf.sum(gates, 1, true)) : gates;
  });
}

/**
 * Squared coefficient of variation of the batch's mean gates, 0 when every expert gets as much: the sample variance, over N - 1, as in MLoRE,
 * over the squared mean.
 *
 * @param gates [B, N], after the choice of the k largest.
 */
export function balanceLoss(gates: tf.Tensor2D): tf.Scalar {
  const N = gates.shape[1];
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(tf.mean(gates, 0));
    return tf.mul(tf.div(variance, tf.square(mean)), N / Math.max(N - 1, 1)) as tf.Scalar;
  });
}
