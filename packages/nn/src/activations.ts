import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import { oneNode } from './one-node';

/** An activation, and with it its slope, both computed at once for hand-written gradients. */
type Derivable = {
  value: (x: tf.Tensor) => tf.Tensor;
  both: (x: tf.Tensor) => { value: tf.Tensor; slope: tf.Tensor };
};

/** The activations that a configuration can name, for layers that write their own gradients. */
export const derivatives = {
  identity: { value: (x) => x, both: (x) => ({ value: x, slope: tf.onesLike(x) }) },
  relu: { value: (x) => tf.relu(x), both: (x) => ({ value: tf.relu(x), slope: tf.step(x) }) },
  gelu: { value: (x) => kernels().gelu(x), both: (x) => kernels().geluAndSlope(x) },
  'gelu-tanh': {
    value: (x) => tf.mul(x, tanhCdf(x)),
    both: (x) => {
      const cdf = tanhCdf(x);
      // d/dx of (1 + tanh u) / 2 = 2 · cdf · (1 - cdf) · u'
      const inner = tf.mul(tf.add(tf.mul(tf.square(x), 3 * CUBIC), 1), Math.sqrt(2 / Math.PI));
      const density = tf.mul(tf.mul(tf.mul(cdf, tf.sub(1, cdf)), 2), inner);
      return { value: tf.mul(x, cdf), slope: tf.add(cdf, tf.mul(x, density)) };
    },
  },
} satisfies Record<string, Derivable>;

export type Activation = keyof typeof derivatives;

/**
 * The activations as functions with a gradient. `gelu` is x · Φ(x) with the exact normal distribution function (erf), `gelu-tanh` the
 * approximation that GPT-2 made popular.
 */
export const activations = Object.fromEntries(
  Object.keys(derivatives).map((name) => [name, <T extends tf.Tensor>(x: T) => activate(name as Activation, x)]),
) as Record<Activation, <T extends tf.Tensor>(x: T) => T>;

export const gelu = activations.gelu;

function activate<T extends tf.Tensor>(name: Activation, x: T): T {
  if (name === 'identity') return x;
  const { value, both } = derivatives[name] as Derivable;
  return oneNode<T>([x], (save) => {
    save([x]);
    return { value: value(x) as T, gradient: (dy, [x]) => [tf.mul(dy, both(x!).slope)] };
  });
}

const CUBIC = 0.044715;

function tanhCdf(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(tf.mul(tf.add(tf.mul(tf.square(x), CUBIC), 1), x), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.add(tf.tanh(inner), 1), 0.5);
}
