import * as tf from '@tensorflow/tfjs';

/**
 * The labels of the samples that have them, 0 for the others: what stands where there is no label, a NaN too, never meets any
 * arithmetic.
 *
 * @param labels [B] or [B, C]
 * @param present [B], 1 = labelled, 0 = not
 */
export function knownLabels<T extends tf.Tensor1D | tf.Tensor2D>(labels: T, present: tf.Tensor1D): T {
  const known = tf.greater(present, 0);
  const each = labels.rank === 1 ? known : tf.tile(tf.expandDims(known, 1), [1, labels.shape[1]!]);
  return tf.where(each, labels, tf.zerosLike(labels)) as T;
}
