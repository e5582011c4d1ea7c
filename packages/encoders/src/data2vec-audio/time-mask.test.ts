import { describeEachBackend } from '@mmolre/backend/test';
import { evaluating, modeFor } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { maskedSpans, type TimeMaskConfig, timeMask } from './time-mask';

const training = (seed: number) => modeFor({ training: true, seed }, 0);
const none = { prob: 0, length: 10, minSpans: 0 };

describe('maskedSpans', () => {
  const base = { prob: 0.05, length: 10, minSpans: 2 };

  test('covers between one and two spans of a 6 s clip at the settings of data2vec-audio-base, wherever', () => {
    const touched = new Set<number>();
    for (let seed = 0; seed < 400; seed++) {
      const mask = maskedSpans([299], 299, base, training(seed));
      const covered = mask.reduce((sum, value) => sum + value, 0);
      expect(covered).toBeGreaterThanOrEqual(11); // two different starts
      expect(covered).toBeLessThanOrEqual(20);
      for (const [i, value] of mask.entries()) if (value === 1) touched.add(i);
    }
    expect(touched.size).toBeGreaterThan(280);
  });

  test('rounds the number of spans up or down so that the mean is prob · length / span', () => {
    const spans = { prob: 0.25, length: 1, minSpans: 0 }; // spans of one: the covered entries are the spans
    let covered = 0;
    for (let seed = 0; seed < 2000; seed++) {
      const count = maskedSpans([10], 10, spans, training(seed)).reduce((sum, value) => sum + value, 0);
      expect([2, 3]).toContain(count);
      covered += count;
    }
    expect(covered / 2000).toBeCloseTo(2.5, 1);
  });

  test('stays within the real frames, and leaves alone what is shorter than a span', () => {
    for (let seed = 0; seed < 100; seed++) {
      const mask = maskedSpans([9, 10, 15], 40, { prob: 0.9, length: 10, minSpans: 3 }, training(seed));
      expect(mask.subarray(0, 40).every((value) => value === 0)).toBe(true);
      expect([...mask.subarray(40, 80)]).toEqual(Array.from({ length: 40 }, (_, i) => Number(i < 10)));
      expect(mask.subarray(80 + 15).every((value) => value === 0)).toBe(true);
      expect(mask.subarray(80).some((value) => value === 1)).toBe(true);
    }
  });
});

describeEachBackend('timeMask', () => {
  const config: TimeMaskConfig = {
    time: { prob: 0.3, length: 4, minSpans: 2 },
    feature: { prob: 0.3, length: 2, minSpans: 1 },
  };
  const embed = () => tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8]);
  const ones = () => tf.ones<tf.Rank.R3>([2, 20, 8]);

  test('does nothing in evaluation', () => {
    const x = ones();
    expect(timeMask(x, embed(), [20, 20], config, evaluating)).toBe(x);
  });

  test('a hidden frame is the learned vector, a hidden channel is 0', () => {
    const timeOnly = timeMask(tf.zeros([2, 20, 8]), embed(), [20, 12], { ...config, feature: none }, training(1));
    const rows = timeOnly.arraySync().flat();
    expect(new Set(rows.map((row) => row.join()))).toEqual(new Set(['0,0,0,0,0,0,0,0', '1,2,3,4,5,6,7,8']));
    const [first] = timeMask(ones(), undefined, [20, 20], { ...config, time: none }, training(1)).arraySync();
    expect(new Set(first!.map((row) => row.join())).size).toBe(1);
    expect(first![0]!.filter((value) => value === 0).length).toBeGreaterThan(1);
  });

  test('follows the seed, and treats clips differently', () => {
    const run = (seed: number) => timeMask(ones(), embed(), [20, 20], config, training(seed)).arraySync();
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(run(3)[0]).not.toEqual(run(3)[1]);
  });

  test('the gradient goes to the learned vector where frames are hidden, to x elsewhere', () => {
    const hide = (x: tf.Tensor, e: tf.Tensor) =>
      timeMask(x as tf.Tensor3D, e as tf.Tensor1D, [20, 20], { ...config, feature: none }, training(1));
    const hidden = tf.sum(hide(tf.zeros([2, 20, 8]), tf.ones([8]))).dataSync()[0]! / 8;
    const [dx, dEmbed] = tf.grads((x: tf.Tensor, e: tf.Tensor) => tf.sum(hide(x, e)))([ones(), embed()]);
    expect([...dEmbed!.dataSync()]).toEqual(Array(8).fill(hidden));
    expect(tf.sum(dx!).dataSync()[0]).toBe((40 - hidden) * 8);
  });

  test('says what is missing', () => {
    const call = () => timeMask(ones(), undefined, [20, 20], config, training(1));
    expect(call).toThrow('masked_spec_embed');
  });

  test('leaks no tensor', () => {
    const [x, vector] = [ones(), embed()];
    const before = tf.memory().numTensors;
    timeMask(x, vector, [20, 20], config, training(1)).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
