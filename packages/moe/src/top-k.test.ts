import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { topKGates, topKMask } from './index';

describeEachBackend('topK', () => {
  const probs = () =>
    tf.tensor2d([
      [0.1, 0.5, 0.15, 0.25],
      [0.4, 0.3, 0.2, 0.1],
    ]);

  test('topKMask marks the k largest of each row', () => {
    expect(topKMask(probs(), 1).arraySync()).toEqual([
      [0, 1, 0, 0],
      [1, 0, 0, 0],
    ]);
    expect(topKMask(probs(), 3).arraySync()).toEqual([
      [0, 1, 1, 1],
      [1, 1, 1, 0],
    ]);
    expect(topKMask(probs(), 4).arraySync()).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
  });

  test('of equal entries it takes no more than k', () => {
    const sums = tf.sum(topKMask(tf.fill([3, 5], 0.2), 2), 1);
    expect([...sums.dataSync()]).toEqual([2, 2, 2]);
  });

  test('no gradient flows through the choice, only through the kept values', () => {
    const weight = tf.tensor2d([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    const gradient = tf.grad((p) => tf.sum(tf.mul(topKGates(p as tf.Tensor2D, 2, false), weight)))(probs());
    expect(gradient.arraySync()).toEqual([
      [0, 2, 0, 4],
      [5, 6, 0, 0],
    ]);
  });

  test('gates keep their softmax value, or sum to 1 if asked', () => {
    const kept = [0, 0.5, 0, 0.25, 0.4, 0.3, 0, 0];
    const shares = [0, 2 / 3, 0, 1 / 3, 4 / 7, 3 / 7, 0, 0];
    [...topKGates(probs(), 2, false).dataSync()].forEach((gate, i) => {
      expect(gate).toBeCloseTo(kept[i]!, 6);
    });
    [...topKGates(probs(), 2, true).dataSync()].forEach((gate, i) => {
      expect(gate).toBeCloseTo(shares[i]!, 6);
    });
  });

  /** The rule by `tf.topk`: a one-hot row for each index, summed. */
  function byTopk(probs: tf.Tensor2D, k: number): number[][] {
    const { indices } = tf.topk(probs, k);
    const rows = indices.arraySync() as number[][];
    return rows.map((row) => Array.from({ length: probs.shape[1] }, (_, n) => (row.includes(n) ? 1 : 0)));
  }

  // Few different numbers, so that ties are common.
  const few = fc.constantFrom(0, 0.1, 0.25, 0.25 + 2 ** -26, 0.5);
  const any = fc.double({ min: 0, max: 1, noNaN: true });
  const matrices = fc
    .record({ B: fc.integer({ min: 1, max: 4 }), N: fc.integer({ min: 1, max: 17 }), isTied: fc.boolean() })
    .chain(({ B, N, isTied }) =>
      fc.tuple(
        fc.array(fc.array(isTied ? few : any, { minLength: N, maxLength: N }), { minLength: B, maxLength: B }),
        fc.integer({ min: 1, max: N }),
      ),
    );

  test('topKMask is the rule of tf.topk, of equal entries too', () => {
    fc.assert(
      fc.property(matrices, ([rows, k]) => {
        tf.engine().startScope();
        const probs = tf.tensor2d(rows);
        expect(topKMask(probs, k).arraySync()).toEqual(byTopk(probs, k));
        tf.engine().endScope();
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(topKMask(tf.fill([1, 5], 0.2), 2).arraySync()).toEqual([[1, 1, 0, 0, 0]]);
  });

  test('topKMask sums no integers, which WebGPU cannot', () => {
    const run = vi.spyOn(tf.engine(), 'runKernel');
    try {
      topKMask(probs(), 2).dispose();
      const calls = run.mock.calls.map(([name, inputs]) => ({ name, dtype: (inputs as { x?: tf.Tensor }).x?.dtype }));
      expect(calls.map(({ name }) => name)).toContain('Sum');
      expect(calls.filter(({ name, dtype }) => name === 'Sum' && dtype !== 'float32')).toEqual([]);
      expect(calls.filter(({ name }) => ['TopK', 'OneHot'].includes(name))).toEqual([]);
    } finally {
      run.mockRestore();
    }
  });

  test('leaks no tensor', () => {
    const x = probs();
    const before = tf.memory().numTensors;
    topKMask(x, 2).dispose();
    topKGates(x, 2, true).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
