import * as tf from '@tensorflow/tfjs';

export type LayerNormParams = {
  /** [D] */ weight: tf.Tensor1D;
  /** [D] */ bias: tf.Tensor1D;
};

export function initLayerNorm(dModel: number): LayerNormParams {
  return { weight: tf.ones<tf.Rank.R1>([dModel]), bias: tf.zeros<tf.Rank.R1>([dModel]) };
}

/**
 * Zero mean and unit (population) variance over the last axis, then scale and shift.
 *
 * @param x [..., D]
 * @param epsilon Added to the variance.
 */
export function layerNorm<T extends tf.Tensor>(params: LayerNormParams, x: T, epsilon = 1e-5): T {
  const apply = tf.customGrad((x, weight, bias, save) => {
    const centred = tf.sub(x as tf.Tensor, tf.mean(x as tf.Tensor, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const unit = tf.mul(centred, scale);
    (save as tf.GradSaveFunc)([unit, scale, weight as tf.Tensor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [unit, scale, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const dUnit = tf.mul(dy, weight);
      const along = tf.mul(unit, tf.mean(tf.mul(dUnit, unit), -1, true));
      const dx = tf.mul(scale, tf.sub(tf.sub(dUnit, tf.mean(dUnit, -1, true)), along));
      const leading = dy.shape.slice(0, -1).map((_, axis) => axis);
      return [dx, tf.sum(tf.mul(dy, unit), leading), tf.sum(dy, leading)];
    };
    return { value: tf.add(tf.mul(unit, weight as tf.Tensor), bias as tf.Tensor), gradFunc };
  });
  return apply(x, params.weight, params.bias) as T;
}
