import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { createRng, matMul, normal } from './index';

const [M, K, N] = [3, 4, 5];

/** A product and the gradients of its weighted sum, as plain numbers. */
function run(multiply: typeof matMul, transposeA: boolean, transposeB: boolean, leading: number[]): Float32Array[] {
  const rng = createRng(3);
  const draw = (...shape: number[]) => normal(shape as [number, number], 1, rng) as tf.Tensor;
  const a = draw(...leading, ...(transposeA ? [K, M] : [M, K]));
  const b = draw(...leading, ...(transposeB ? [N, K] : [K, N]));
  const weight = draw(...leading, M, N);
  const loss = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(multiply(a, b, transposeA, transposeB), weight));
  const gradients = tf.grads(loss as (...x: tf.Tensor[]) => tf.Tensor)([a, b]);
  return [multiply(a, b, transposeA, transposeB), ...gradients].map((x) => x.dataSync() as Float32Array);
}

const flags = [false, true];
const cases = flags.flatMap((a) => flags.flatMap((b) => [[], [2], [2, 3]].map((leading) => [a, b, leading] as const)));

describeEachBackend('matMul', (backend) => {
  describe.each(cases)('transposeA %s, transposeB %s, leading axes [%s]', (transposeA, transposeB, leading) => {
    test('equals tf.matMul on the cpu backend, gradients too, within 1e-5', async () => {
      const name = tf.getBackend();
      const ours = run(matMul, transposeA, transposeB, [...leading]);
      await tf.setBackend('cpu');
      const want = run(tf.matMul as typeof matMul, transposeA, transposeB, [...leading]);
      await tf.setBackend(name);
      ours.forEach((values, i) => {
        expect(values.length).toBe(want[i]!.length);
        const difference = Math.max(...values.map((value, j) => Math.abs(value - want[i]![j]!)));
        expect(difference, `${backend} ${['value', 'dA', 'dB'][i]}`).toBeLessThan(1e-5);
      });
    });
  });
});
