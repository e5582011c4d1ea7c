import * as tf from '@tensorflow/tfjs';
import type { GateTensor } from './gates';

// B batch, T time, N experts. Three ways to keep a router from using only some of the experts, or from ever larger logits.

/**
 * Squared coefficient of variation of the batch's mean gates, 0 when every expert gets as much: the sample variance, over N - 1, as in MLoRE,
 * over the squared mean.
 *
 * @param gates [B, N] or [B, T, N], after the choice of the k largest; of padded frames 0.
 * @param mask [B, T], 1 = real frame, for gates by frame: the mean is over the real ones. Left out, every frame is.
 */
export function balanceLoss(gates: GateTensor, mask?: tf.Tensor2D): tf.Scalar {
  const N = gates.shape.at(-1)!;
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(gates.rank === 2 ? tf.mean(gates, 0) : meanOfFrames(gates, mask));
    return tf.mul(tf.div(variance, tf.square(mean)), N / Math.max(N - 1, 1)) as tf.Scalar;
  });
}

/** Over the real frames of a batch, [B, T, ...] -> [...]; what is of padded ones must be 0. */
function meanOfFrames(values: tf.Tensor, mask?: tf.Tensor2D): tf.Tensor {
  const [B, T] = values.shape as [number, number];
  return tf.div(tf.sum(values, [0, 1]), mask ? tf.maximum(tf.sum(mask), 1) : B * T);
}

/**
 * Mean over the samples, or the real frames, of logsumexp(logits)²: keeps a router's logits small, and its softmax exact.
 *
 * @param logits [B, N] or [B, T, N], before softmax.
 * @param mask [B, T], 1 = real frame, for logits by frame. Left out, every frame is.
 * @see Zoph et al., ST-MoE, 2022, equation 5
 */
export function zLoss(logits: GateTensor, mask?: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const squares = tf.square(tf.logSumExp(logits, -1));
    if (logits.rank === 2) return tf.mean(squares) as tf.Scalar;
    return meanOfFrames(mask ? tf.mul(squares, mask) : squares, mask) as tf.Scalar;
  });
}

/** How many samples, or frames, selected each expert, [N]: those with a gate above 0. */
export function expertLoad(gates: GateTensor): tf.Tensor1D {
  return tf.tidy(() => {
    const rows = tf.reshape(gates, [-1, gates.shape.at(-1)!]);
    return tf.sum(tf.cast(tf.greater(rows, 0), 'float32'), 0) as tf.Tensor1D;
  });
}

/**
 * One step of loss-free balancing: a router's `expertBias`, which counts in the choice of the k largest and in no gate, goes up for the
 * experts that were selected less than the mean, and down for the others.
 *
 * @param bias [N]
 * @param load [N], of the batch: `expertLoad(gates)`.
 * @param rate How far; the paper has 0.001.
 * @returns bias + rate · sign(mean load - load), [N]
 * @see Wang et al., 2024, https://arxiv.org/abs/2408.15664, algorithm 1
 */
export function lossFreeStep(bias: tf.Tensor1D, load: tf.Tensor1D, rate: number): tf.Tensor1D {
  return tf.tidy(() => tf.add(bias, tf.mul(tf.sign(tf.sub(tf.mean(load), load)), rate)));
}
