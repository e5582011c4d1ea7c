import * as tf from '@tensorflow/tfjs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Kernels, Moments } from './types';

/** By plain operations, on any backend. */
export const plain: Kernels = { drawKept, adamMoments };

/** Drawn in JavaScript, in steps of 1 / 65,536 of the rate. */
function drawKept(shape: number[], rate: number, seed: number): tf.Tensor {
  const generator = xoroshiro128plus(seed);
  const size = tf.util.sizeFromShape(shape);
  const mask = new Float32Array(size);
  const threshold = Math.round(rate * 0x1_0000);
  const kept = 1 / (1 - rate);
  // Each draw of 32 bits decides two entries.
  for (let i = 0; i < size; i += 2) {
    const bits = generator.next();
    if ((bits & 0xffff) >= threshold) mask[i] = kept;
    if (bits >>> 16 >= threshold) mask[i + 1] = kept;
  }
  return tf.tensor(mask, shape);
}

/** What a step computes on the way is freed as it goes. */
function adamMoments(first: tf.Tensor1D, second: tf.Tensor1D): Moments {
  let moments = [tf.keep(tf.clone(first)), tf.keep(tf.clone(second))] as [tf.Tensor1D, tf.Tensor1D];
  const blend = (mean: tf.Tensor, news: tf.Tensor, beta: number) =>
    tf.tidy(() => tf.add(tf.mul(mean, beta), tf.mul(news, 1 - beta))) as tf.Tensor1D;
  return {
    step(value, grad, { learningRate, weightDecay, beta1, beta2, epsilon, count }) {
      const [first, second] = tf.tidy(() => [
        blend(moments[0], grad, beta1),
        blend(moments[1], tf.square(grad), beta2),
      ]);
      tf.dispose(moments);
      moments = [tf.keep(first!), tf.keep(second!)];
      return tf.tidy(() => {
        const root = tf.tidy(() => tf.add(tf.mul(tf.sqrt(second!), 1 / Math.sqrt(1 - beta2 ** count)), epsilon));
        const change = tf.tidy(() => tf.div(tf.mul(first!, learningRate / (1 - beta1 ** count)), root));
        root.dispose();
        return tf.sub(tf.mul(value, 1 - learningRate * weightDecay), change) as tf.Tensor1D;
      });
    },
    read: () => [tf.clone(moments[0]), tf.clone(moments[1])],
    dispose: () => tf.dispose(moments),
  };
}
