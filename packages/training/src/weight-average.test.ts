import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { averageWeights } from './weight-average';

beforeAll(() => tf.setBackend('cpu'));

/** The average after a run whose weight is 1, 2, 3, … after its steps, and 0 before them. */
function averageAfter(steps: number, decay: number): number {
  const weight = tf.variable(tf.scalar(0));
  const average = averageWeights({ weight }, decay);
  for (let step = 1; step <= steps; step++) {
    weight.assign(tf.scalar(step));
    average.update();
  }
  average.settle();
  const [value] = average.params.weight.dataSync();
  average.dispose();
  weight.dispose();
  return value!;
}
const decayAt = (step: number, decay: number) => Math.min(decay, (1 + step) / (10 + step));

test('takes in four steps at once, and what is left of them before it is read', () => {
  expect(averageAfter(0, 0.9)).toBe(0);
  expect(averageAfter(3, 0.9)).toBeCloseTo(3 * (1 - decayAt(3, 0.9) ** 3), 6);
  const four = 4 * (1 - decayAt(4, 0.9) ** 4);
  expect(averageAfter(4, 0.9)).toBeCloseTo(four, 6);
  expect(averageAfter(5, 0.9)).toBeCloseTo(four + (5 - four) * (1 - decayAt(5, 0.9)), 6);
  expect(averageAfter(8, 0.9)).toBeCloseTo(four + (8 - four) * (1 - decayAt(8, 0.9) ** 4), 6);
});

test('to settle twice is to settle once', () => {
  const weight = tf.variable(tf.scalar(0));
  const average = averageWeights({ weight }, 0.5);
  weight.assign(tf.scalar(2));
  average.update();
  average.settle();
  const once = average.params.weight.dataSync()[0];
  average.settle();
  expect(average.params.weight.dataSync()[0]).toBe(once);
});
