import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { dropout, evaluating, modeFor } from './index';

describeEachBackend('dropout', () => {
  const training = (seed: number) => ({ training: true, seed });
  const masked = (seed: number, rate = 0.3, shape = [101, 99]) => [
    ...dropout(tf.ones(shape), rate, training(seed)).dataSync(),
  ];

  test('the same seed drops the same entries, another seed others', () => {
    expect(masked(7)).toEqual(masked(7));
    expect(masked(7)).not.toEqual(masked(8));
  });

  test.each([0.1, 0.3, 0.5, 0.9])('rate %d: that share is 0, the rest is scaled so that the mean stays', (rate) => {
    const values = masked(1, rate);
    const share = values.filter((value) => value === 0).length / values.length;
    expect(Math.abs(share - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / values.length)); // four deviations
    for (const value of values) if (value !== 0) expect(value).toBeCloseTo(1 / (1 - rate), 5);
  });

  test('neighbours are dropped independently', () => {
    const values = masked(1, 0.5);
    const both = values.filter((value, i) => i % 2 === 0 && value === 0 && values[i + 1] === 0).length;
    expect(both / (values.length / 2)).toBeGreaterThan(0.22);
    expect(both / (values.length / 2)).toBeLessThan(0.28);
  });

  test('the gradient passes where the value does', () => {
    const x = tf.ones([4, 5]);
    const gradient = tf.grad((x) => tf.sum(dropout(x, 0.5, training(2))))(x);
    expect([...gradient.dataSync()]).toEqual(masked(2, 0.5, [4, 5]));
  });

  test('does nothing in evaluation or at rate 0', () => {
    const x = tf.ones([3]);
    expect(dropout(x, 0.5, evaluating)).toBe(x);
    expect(dropout(x, 0, training(1))).toBe(x);
  });

  test('parts of a model get seeds of their own, in training only', () => {
    const seeds = [
      modeFor(training(1), 0),
      modeFor(training(1), 1),
      modeFor(training(2), 0),
      modeFor(training(1), 0, 0),
    ];
    expect(new Set(seeds.map((mode) => mode.seed)).size).toBe(4);
    expect(modeFor(evaluating, 3)).toBe(evaluating);
  });
});
