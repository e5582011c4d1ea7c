import { describeEachBackend } from '@mmolre/backend/test';
import { evaluating, modeFor } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { type AugmentConfig, augment } from '../index';

const off: AugmentConfig = { frequencyWarp: 0, timeMask: 0, frequencyMask: 0, numMasks: 0 };
const all: AugmentConfig = { frequencyWarp: 0.2, timeMask: 0.3, frequencyMask: 4, numMasks: 2 };
const training = (seed: number) => modeFor({ training: true, seed }, 0);

describeEachBackend('augment', () => {
  const frames = () => tf.randomUniform<tf.Rank.R3>([3, 40, 16], 1, 2, 'float32', 1);

  test('does nothing in evaluation, nor with everything off', () => {
    const x = frames();
    expect(augment(x, all, evaluating)).toBe(x);
    expect(relativeError(augment(x, off, training(1)), x)).toBe(0);
  });

  test('follows the seed, and treats each clip in its own way', () => {
    const x = tf.tile(tf.slice(frames(), 0, 1), [2, 1, 1]) as tf.Tensor3D;
    const run = (seed: number) => augment(x, all, training(seed)).arraySync();
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const [first, second] = run(1);
    expect(first).not.toEqual(second);
  });

  test('gaps are whole frames and whole bands, no wider than asked', () => {
    for (let seed = 0; seed < 50; seed++) {
      const kept = tf.notEqual(augment(frames(), { ...all, frequencyWarp: 0 }, training(seed)), 0);
      for (const [axis, widest] of [
        [2, 2 * 0.3 * 40],
        [1, 2 * 4],
      ] as const) {
        const size = axis === 2 ? 40 : 16;
        for (const real of tf.sum(tf.cast(tf.any(kept, axis), 'int32'), 1).dataSync()) {
          expect(real).toBeGreaterThanOrEqual(size - widest);
        }
      }
      tf.dispose(kept);
    }
  });

  test('warping reads a band between its neighbours: a ramp stays a ramp, up to the last band', () => {
    const ramp = tf.tile(tf.reshape(tf.range(0, 16), [1, 1, 16]), [1, 2, 1]) as tf.Tensor3D;
    const slopes = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const [warped] = augment(ramp, { ...off, frequencyWarp: 0.2 }, training(seed)).arraySync();
      const factor = warped![0]![1]!;
      expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.2 + 1e-6);
      warped![0]!.forEach((value, m) => {
        expect(value).toBeCloseTo(Math.min(15, m * factor), 4);
      });
      slopes.add(factor);
    }
    expect(slopes.size).toBeGreaterThan(10);
  });

  test('leaks no tensor', () => {
    const x = frames();
    const before = tf.memory().numTensors;
    augment(x, all, training(1)).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
