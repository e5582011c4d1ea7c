import { describeEachBackend } from '@mmolre/backend/test';
import { activations, groupedConv1d, layerNorm } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { CONV_EPSILON, positionalConv } from './data2vec-audio-positions';

/** The same in plain operations. */
function plain(x: tf.Tensor3D, weight: tf.Tensor3D, bias: tf.Tensor1D, activation: 'gelu' | 'relu'): tf.Tensor3D {
  const [K, , D] = weight.shape;
  const h = groupedConv1d(x, weight, bias, { groups: 4, padding: [Math.floor(K / 2), Math.floor((K - 1) / 2)] });
  return activations[activation](layerNorm({ weight: tf.ones([D]), bias: tf.zeros([D]) }, h, CONV_EPSILON));
}

describeEachBackend('positionalConv', () => {
  test.each([
    [5, 'gelu'],
    [6, 'relu'],
  ] as const)(
    'kernel %d, %s: value and gradients are those of plain operations, and nothing leaks',
    (K, activation) => {
      const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
      const inputs = [random([2, 30, 16], 1), random([K, 4, 16], 2), random([16], 3)];
      const dy = random([2, 30, 16], 4);
      const before = tf.memory().numTensors;
      const fused = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
        positionalConv({ weight: weight as tf.Tensor3D, bias: bias as tf.Tensor1D }, x as tf.Tensor3D, 4, activation);
      const reference = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
        plain(x as tf.Tensor3D, weight as tf.Tensor3D, bias as tf.Tensor1D, activation);
      const run = (layer: typeof fused) => {
        const value = tf.tidy(() => layer(inputs[0]!, inputs[1]!, inputs[2]!));
        return [value, ...tf.grads(layer)(inputs, tf.clone(dy))];
      };
      const [got, want] = [run(fused), run(reference)];
      got.forEach((tensor, i) => {
        expect(relativeError(tensor, want[i]!)).toBeLessThan(1e-5);
      });
      tf.dispose([got, want]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
