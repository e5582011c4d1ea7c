import { describeEachBackend } from '@mmolre/backend/test';
import { activations } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { CONV_EPSILON, positionalConv } from './data2vec-audio-positions';

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** The same tap by tap and group by group, in plain operations. */
function plain(x: tf.Tensor3D, weight: tf.Tensor3D, bias: tf.Tensor1D, activation: 'gelu' | 'relu'): tf.Tensor {
  const [[B, T, D], [K, c]] = [x.shape, weight.shape];
  const padded = tf.pad(x, [
    [0, 0],
    [Math.floor(K / 2), Math.floor((K - 1) / 2)],
    [0, 0],
  ]);
  const groups = Array.from({ length: D / c }, (_, g) => {
    const taps = Array.from({ length: K }, (_, k) => {
      const rows = tf.reshape(tf.slice(padded, [0, k, g * c], [B, T, c]), [B * T, c]);
      return tf.matMul(rows, tf.reshape(tf.slice(weight, [k, 0, g * c], [1, c, c]), [c, c]));
    });
    return tf.addN(taps);
  });
  const h = tf.add(tf.reshape(tf.concat(groups, 1), [B, T, D]), bias);
  const { mean, variance } = tf.moments(h, 2, true);
  return activations[activation](tf.div(tf.sub(h, mean), tf.sqrt(tf.add(variance, CONV_EPSILON))));
}

describeEachBackend('positionalConv', () => {
  test.each([
    [5, 'gelu'],
    [6, 'relu'],
  ] as const)(
    'kernel %d, %s: value and gradients are those of plain operations, and nothing leaks',
    (K, activation) => {
      const inputs = [random([2, 30, 16], 1), random([K, 4, 16], 2), random([16], 3)];
      const dy = random([2, 30, 16], 4);
      const before = tf.memory().numTensors;
      const ours = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
        positionalConv({ weight: weight as tf.Tensor3D, bias: bias as tf.Tensor1D }, x as tf.Tensor3D, 4, activation);
      const reference = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
        plain(x as tf.Tensor3D, weight as tf.Tensor3D, bias as tf.Tensor1D, activation);
      const run = (layer: typeof reference) => {
        const value = tf.tidy(() => layer(inputs[0]!, inputs[1]!, inputs[2]!));
        return [value, ...tf.grads(layer)(inputs, tf.clone(dy))];
      };
      const [got, want] = [run(ours), run(reference)];
      got.forEach((tensor, i) => {
        expect(relativeError(tensor, want[i]!)).toBeLessThan(1e-5);
      });
      tf.dispose([got, want]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
