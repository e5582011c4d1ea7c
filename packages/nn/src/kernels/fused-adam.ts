import * as tf from '@tensorflow/tfjs';
import { nativeKernel } from './native-kernel';
import type { AdamStep, Kernels } from './types';

/** By one operation for each parameter, which writes into the means: their buffers are nobody else's. */
export const adamMoments: Kernels['adamMoments'] = (...start) => {
  const [firsts, seconds] = start.map((means) => means.map((mean) => tf.keep(copy(mean)))) as [Means, Means];
  return {
    step: (values, grads, step) =>
      tf.tidy(() => {
        const numbers = tf.tensor1d(numbersOf(step));
        return values.map((value, i) => {
          const inputs = [value, grads[i]!, firsts[i]!, seconds[i]!, numbers];
          return nativeKernel('MmolreAdamW', {}, inputs)[0]!;
        });
      }),
    read: () => [firsts.map(copy), seconds.map(copy)],
    dispose: () => tf.dispose([firsts, seconds]),
  };
};

type Means = tf.Tensor[];

/** With a buffer of its own, which a clone has not. */
const copy = (x: tf.Tensor) => nativeKernel('DeepCopy', { T: 'float32' }, [x])[0]!;

/** `AdamStep` of the C++ in its order. */
function numbersOf({ gradScale, learningRate, weightDecay, beta1, beta2, epsilon, count }: AdamStep): number[] {
  const [rate, rootScale] = [learningRate / (1 - beta1 ** count), 1 / Math.sqrt(1 - beta2 ** count)];
  return [gradScale, 1 - learningRate * weightDecay, beta1, 1 - beta1, beta2, 1 - beta2, rate, rootScale, epsilon];
}
