import * as tf from '@tensorflow/tfjs';

/** Mean of values [B] over the samples that are present [B]; 0, with zero gradient, where none is. */
export function meanOverPresent(values: tf.Tensor1D, present: tf.Tensor1D): tf.Scalar {
  return tf.div(tf.sum(tf.mul(values, present)), tf.maximum(tf.sum(present), 1));
}
