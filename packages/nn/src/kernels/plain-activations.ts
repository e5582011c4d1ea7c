import * as tf from '@tensorflow/tfjs';
import type { Activation, ActivationKernel, Kernels } from './types';

/** An activation, and with it its slope. */
type Derivable = {
  value: (x: tf.Tensor) => tf.Tensor;
  both: (x: tf.Tensor) => { value: tf.Tensor; slope: tf.Tensor };
};

const derivatives: Record<Activation, Derivable> = {
  identity: { value: (x) => x, both: (x) => ({ value: x, slope: tf.onesLike(x) }) },
  relu: { value: (x) => tf.relu(x), both: (x) => ({ value: tf.relu(x), slope: tf.step(x) }) },
  gelu: {
    value: (x) => tf.mul(x, normalCdf(x)),
    both: (x) => {
      const cdf = normalCdf(x);
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return { value: tf.mul(x, cdf), slope: tf.add(cdf, tf.mul(x, density)) };
    },
  },
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
};

/** The activations by plain operations, with this dropout. */
export function plainActivations(drop: Kernels['drop']): Kernels['activations'] {
  const dropped = (x: tf.Tensor, kept?: tf.Tensor, rate = 0) => (kept ? drop(x, kept, rate) : x);
  const withDropout = ({ value, both }: Derivable): ActivationKernel => ({
    value: (x, kept, rate) => tf.tidy(() => dropped(value(x), kept, rate)),
    both(x, kept, rate) {
      const { value, slope } = tf.tidy(() => {
        const { value, slope } = both(x);
        return { value: dropped(value, kept, rate), slope };
      });
      return { value, gradient: (dy) => tf.tidy(() => tf.mul(dropped(dy, kept, rate), slope)) };
    },
  });
  return {
    identity: withDropout(derivatives.identity),
    relu: withDropout(derivatives.relu),
    gelu: withDropout(derivatives.gelu),
    'gelu-tanh': withDropout(derivatives['gelu-tanh']),
  };
}

function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

const CUBIC = 0.044715;

function tanhCdf(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(tf.mul(tf.add(tf.mul(tf.square(x), CUBIC), 1), x), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.add(tf.tanh(inner), 1), 0.5);
}
