import * as tf from '@tensorflow/tfjs';
import type { LayerNormParams } from './layer-norm';
import type { Mode } from './mode';

// B batch, T time, D channels

/** Of each channel, over many positions. [D] each */
export type Moments = { mean: tf.Tensor1D; variance: tf.Tensor1D };

/** Scale and shift, which train, and what is known of the training data, which does not: `moments`, to be measured before evaluation. */
export type BatchNormParams = LayerNormParams & { moments: Moments };

/** Moments of 0 and 1 until they are measured. */
export const initBatchNorm = (channels: number): BatchNormParams => ({
  weight: tf.ones<tf.Rank.R1>([channels]),
  bias: tf.zeros<tf.Rank.R1>([channels]),
  moments: { mean: tf.zeros<tf.Rank.R1>([channels]), variance: tf.ones<tf.Rank.R1>([channels]) },
});

/**
 * Zero mean and unit (population) variance of each channel over all real positions, then scale and shift: of the batch in training, by the
 * measured moments in evaluation, where what a sample becomes does not depend on its batch.
 *
 * Nothing is kept of the batches (as `torch.nn.BatchNorm1d` keeps running moments): the moments are measured with the weights that are evaluated.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real position.
 * @returns [B, T, D]; what stands at padded positions means nothing.
 */
export function batchNorm(
  { weight, bias, moments }: BatchNormParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  mode: Mode,
  epsilon = 1e-5,
): tf.Tensor3D {
  return tf.tidy(() => {
    const { mean, variance } = mode.training ? momentsOf(x, mask) : moments;
    const scale = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), weight);
    return tf.add(tf.mul(tf.sub(x, mean), scale), bias);
  });
}

/** Mean and (population) variance of each channel over the real positions, [D] each; 0 where there are none. */
export function momentsOf(x: tf.Tensor3D, mask: tf.Tensor2D): Moments {
  const real = tf.expandDims(mask, 2);
  const count = tf.maximum(tf.sum(mask), 1);
  const mean = tf.div(tf.sum(tf.mul(x, real), [0, 1]), count) as tf.Tensor1D;
  const variance = tf.div(tf.sum(tf.mul(tf.square(tf.sub(x, mean)), real), [0, 1]), count) as tf.Tensor1D;
  return { mean, variance };
}
