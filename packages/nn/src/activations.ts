import type * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { Activation, ActivationKernel } from './kernels/types';
import { oneNode } from './one-node';

/** An activation without a gradient of its own, for layers that write theirs. */
export function activationKernel(name: Activation): ActivationKernel {
  return kernels().activations[name];
}

/**
 * The activations as functions with a gradient. `gelu` is x · Φ(x) with the exact normal distribution function (erf), `gelu-tanh` the
 * approximation that GPT-2 made popular.
 */
export const activations: Record<Activation, <T extends tf.Tensor>(x: T) => T> = {
  identity: (x) => x,
  relu: (x) => activate('relu', x),
  gelu: (x) => activate('gelu', x),
  'gelu-tanh': (x) => activate('gelu-tanh', x),
};

export const gelu = activations.gelu;

function activate<T extends tf.Tensor>(name: Activation, x: T): T {
  const { value, both } = activationKernel(name);
  return oneNode<T>([x], (save) => {
    save([x]);
    return { value: value(x) as T, gradient: (dy, [x]) => [both(x!).gradient(dy)] };
  });
}
