import { describeEachBackend } from '@mmolre/backend/test';
import { gelu } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { CONV_EPSILON, positionalConv } from './data2vec-audio-positions';

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

describeEachBackend('positionalConv', () => {
  test.each([5, 6])('kernel %d: is as long as its input, and of zero mean and unit variance before gelu', (K) => {
    const [x, bias] = [random([2, 30, 16], 1) as tf.Tensor3D, random([16], 3) as tf.Tensor1D];
    // One tap alone moves frames, and mixes channels within a group.
    const [before, mixing] = [Math.floor(K / 2), random([1, 4, 16], 2)];
    const weight = tf.concat([tf.zeros([before, 4, 16]), mixing, tf.zeros([K - 1 - before, 4, 16])]) as tf.Tensor3D;
    const groups = tf.split(x, 4, 2).map((part, g) => {
      const rows = tf.reshape(part, [60, 4]) as tf.Tensor2D;
      return tf.matMul(rows, tf.reshape(tf.slice(mixing, [0, 0, 4 * g], [1, 4, 4]), [4, 4]) as tf.Tensor2D);
    });
    const h = tf.add(tf.reshape(tf.concat(groups, 1), [2, 30, 16]), bias);
    const { mean, variance } = tf.moments(h, 2, true);
    const want = gelu(tf.div(tf.sub(h, mean), tf.sqrt(tf.add(variance, CONV_EPSILON))));
    expect(relativeError(positionalConv({ weight, bias }, x, 4, 'gelu'), want)).toBeLessThan(1e-5);
  });

  test('leaves nothing behind but its value and its gradients', () => {
    const inputs = [random([2, 30, 16], 1), random([5, 4, 16], 2), random([16], 3)];
    const before = tf.memory().numTensors;
    const layer = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      positionalConv({ weight: weight as tf.Tensor3D, bias: bias as tf.Tensor1D }, x as tf.Tensor3D, 4, 'relu');
    tf.dispose([layer(inputs[0]!, inputs[1]!, inputs[2]!), ...tf.grads(layer)(inputs)]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
