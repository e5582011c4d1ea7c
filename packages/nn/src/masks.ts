import * as tf from '@tensorflow/tfjs';

/** x [B, T, D] with its padded positions set to 0; mask [B, T], 1 = real position. */
export function applyMask(x: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor3D {
  return tf.tidy(() => tf.mul(x, tf.expandDims(mask, 2)));
}

/**
 * Mean and (population) deviation over the real positions side by side, [B, T, D] -> [B, 2D]; where there are none, 0 and nearly 0.
 *
 * @param epsilon Added to the variance, so that a constant has a gradient.
 */
export function maskedStatistics(x: tf.Tensor3D, mask: tf.Tensor2D, epsilon = 1e-5): tf.Tensor2D {
  return tf.tidy(() => {
    const mean = maskedMean(x, mask);
    const centred = tf.sub(x, tf.expandDims(mean, 1)) as tf.Tensor3D;
    const variance = maskedMean(tf.square(centred), mask);
    return tf.concat([mean, tf.sqrt(tf.add(variance, epsilon))], 1) as tf.Tensor2D;
  });
}

/** The mean over the real positions, [B, T, D] -> [B, D]; zeros where there are none. */
export function maskedMean(x: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const count = tf.maximum(tf.sum(mask, 1, true), 1);
    return tf.div(tf.sum(applyMask(x, mask), 1), count);
  });
}
