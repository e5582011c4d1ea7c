import { describeEachBackend } from '@mmolre/backend/test';
import { evaluating, modeFor } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { type AugmentConfig, augment } from '../index';

const off: AugmentConfig = { frequencyWarp: 0, tempo: 0, crop: 1, timeMask: 0, frequencyMask: 0, numMasks: 0 };
const all: AugmentConfig = { frequencyWarp: 0.2, tempo: 0.2, crop: 0.8, timeMask: 0.3, frequencyMask: 4, numMasks: 2 };
const training = (seed: number) => modeFor({ training: true, seed }, 0);

describeEachBackend('augment', () => {
  const frames = () => tf.randomUniform<tf.Rank.R3>([3, 40, 16], 1, 2, 'float32', 1);
  const real = (B: number, T: number) => tf.ones<tf.Rank.R2>([B, T]);

  test('does nothing in evaluation, nor with everything off', () => {
    const [x, mask] = [frames(), real(3, 40)];
    const still = augment(x, mask, all, evaluating);
    expect(still.frames).toBe(x);
    expect(still.mask).toBe(mask);
    const { frames: same, mask: all40 } = augment(x, mask, off, training(1));
    expect([relativeError(same, x), relativeError(all40, mask)]).toEqual([0, 0]);
  });

  test('follows the seed, and treats each clip in its own way', () => {
    const x = tf.tile(tf.slice(frames(), 0, 1), [2, 1, 1]) as tf.Tensor3D;
    const run = (seed: number) => augment(x, real(2, 40), all, training(seed)).frames.arraySync();
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const [first, second] = run(1);
    expect(first).not.toEqual(second);
  });

  test('gaps are whole frames and whole bands, no wider than asked', () => {
    for (let seed = 0; seed < 50; seed++) {
      const kept = tf.notEqual(
        augment(frames(), real(3, 40), { ...all, frequencyWarp: 0, tempo: 0, crop: 1 }, training(seed)).frames,
        0,
      );
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
      const [warped] = augment(ramp, real(1, 2), { ...off, frequencyWarp: 0.2 }, training(seed)).frames.arraySync();
      const factor = warped![0]![1]!;
      expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.2 + 1e-6);
      warped![0]!.forEach((value, m) => {
        expect(value).toBeCloseTo(Math.min(15, m * factor), 4);
      });
      slopes.add(factor);
    }
    expect(slopes.size).toBeGreaterThan(10);
  });

  test('a clip is read at a pace of its own, from a window in it, between its own frames: a ramp in time stays one', () => {
    const T = 40;
    const lengths = [40, 25, 1];
    const mask = tf.tensor2d(lengths.map((n) => Array.from({ length: T }, (_, t) => (t < n ? 1 : 0))));
    // Far off where there is padding, so that none of it can be read in unseen.
    const rows = lengths.map((n) => Array.from({ length: T }, (_, t) => [t < n ? t : 1e6]));
    const [paces, starts] = [new Set<string>(), new Set<string>()];
    for (let seed = 0; seed < 30; seed++) {
      const read = augment(tf.tensor3d(rows), mask, { ...off, tempo: 0.2, crop: 0.8 }, training(seed));
      const [frames, kept] = [read.frames.arraySync(), read.mask.arraySync()];
      lengths.forEach((length, b) => {
        const count = kept[b]!.filter((one) => one === 1).length;
        expect(kept[b]).toEqual(kept[b]!.map((_, t) => (t < count ? 1 : 0)));
        expect(count).toBeLessThanOrEqual(Math.max(1, length * 0.8));
        const ramp = frames[b]!.slice(0, count).map(([value]) => value!);
        if (count < 3) return;
        const pace = ramp[1]! - ramp[0]!;
        expect(Math.abs(pace - 1)).toBeLessThanOrEqual(0.2 + 1e-4);
        ramp.forEach((value, t) => {
          expect(value).toBeCloseTo(ramp[0]! + t * pace, 3);
        });
        expect(ramp.at(-1)!).toBeLessThanOrEqual(length - 1);
        paces.add(pace.toFixed(3));
        starts.add(ramp[0]!.toFixed(2));
      });
    }
    expect(Math.min(paces.size, starts.size)).toBeGreaterThan(20);
  });

  test('leaks no tensor', () => {
    const [x, mask] = [frames(), real(3, 40)];
    const before = tf.memory().numTensors;
    tf.dispose(Object.values(augment(x, mask, all, training(1))));
    expect(tf.memory().numTensors).toBe(before);
  });
});
