import * as tf from '@tensorflow/tfjs';

/**
 * Mean absolute error over the samples that have a label; 0, with zero gradient, where none has.
 *
 * @param predictions [B], labels [B], on -3 .. +3
 * @param present [B], 1 = labelled
 * @see MMoLRE, equation 5
 */
export function sentimentLoss(predictions: tf.Tensor1D, labels: tf.Tensor1D, present: tf.Tensor1D): tf.Scalar {
  return tf.tidy(() => {
    const errors = tf.mul(tf.abs(tf.sub(predictions, labels)), present);
    return tf.div(tf.sum(errors), tf.maximum(tf.sum(present), 1));
  });
}
