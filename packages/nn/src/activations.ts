import * as tf from '@tensorflow/tfjs';

/** x · Φ(x) with the exact normal distribution function (erf), not the tanh approximation. */
export function gelu<T extends tf.Tensor>(x: T): T {
  const apply = tf.customGrad((x, save) => {
    const input = x as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    const gradFunc = (dy: tf.Tensor, [input]: tf.Tensor[]) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(input!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(normalCdf(input!), tf.mul(input!, density)));
    };
    return { value: tf.mul(input, normalCdf(input)), gradFunc };
  });
  return apply(x) as T;
}

function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

/** The activations that a configuration can name. */
export const activations = {
  identity: <T extends tf.Tensor>(x: T): T => x,
  relu: <T extends tf.Tensor>(x: T): T => tf.relu(x),
  gelu,
};

export type Activation = keyof typeof activations;
