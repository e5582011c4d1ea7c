import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { numbersOf } from './index';

describeEachBackend('numbersOf', () => {
  test('what is computed for the numbers is let go, what was there before stays', () => {
    const before = tf.tensor1d([1, 2]);
    const { numTensors } = tf.memory();
    expect(numbersOf(() => tf.add(before, tf.scalar(1)))).toEqual(Float32Array.of(2, 3));
    expect(numbersOf(() => before)).toEqual(Float32Array.of(1, 2));
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('more numbers than a set can hold', () => {
    const numbers = numbersOf(() => tf.range(0, 2 ** 24, 1).concat(tf.range(-64, 0, 1)));
    expect(numbers.length).toBe(2 ** 24 + 64);
  });
});
