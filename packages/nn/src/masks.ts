import * as tf from '@tensorflow/tfjs';

/** x [B, T, D] with its padded positions set to 0; mask [B, T], 1 = real position. */
export function applyMask(x: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor3D {
  return tf.tidy(() => tf.mul(x, tf.expandDims(mask, 2)));
}

/** The mean over the real positions, [B, T, D] -> [B, D]; zeros where there are none. */
export function maskedMean(x: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const count = tf.maximum(tf.sum(mask, 1, true), 1);
    return tf.div(tf.sum(applyMask(x, mask), 1), count);
  });
}
