import { expect, test } from 'vitest';
import { sentimentTask, sumsOf } from './figures';
import { intervals } from './intervals';

// 400 samples, of which every fifth is predicted to have the other sign.
const labels = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1.5 : -1.5));
const task = sentimentTask({ scores: labels.map((y, i) => (i % 5 === 0 ? -y : y + 0.1)), labels });

test('lie about the value, as wide as the normal distribution says', () => {
  const { low, high } = intervals(task).acc2_has0!;
  const accuracy = task.figures(sumsOf(task)).acc2_has0!;
  expect(accuracy).toBe(0.8);
  const reach = 1.96 * Math.sqrt((0.8 * 0.2) / 400);
  expect(Math.abs(low - (accuracy - reach))).toBeLessThan(0.01);
  expect(Math.abs(high - (accuracy + reach))).toBeLessThan(0.01);
});

test('are the same each time', () => {
  expect(intervals(task)).toEqual(intervals(task));
});

test('are undefined of what has no value, or in too many draws', () => {
  const constant = intervals(sentimentTask({ scores: [1, 1, 1], labels: [1, -1, 0] }));
  expect(constant.corr).toBeUndefined();
  expect(constant.mae).toBeDefined();
  // One of eight negative: a draw in three has none.
  const rare = sentimentTask({ scores: [1, 2, 3, 1, 2, 3, 1, 2], labels: [-1, 1, 1, 1, 1, 1, 1, 1] });
  expect(rare.figures(sumsOf(rare)).acc2_has0).toBe(7 / 8);
  expect(intervals(rare).acc2_has0).toBeUndefined();
});

test('of no samples are undefined', () => {
  expect(Object.values(intervals(sentimentTask({ scores: [], labels: [] }))).every((one) => one === undefined)).toBe(
    true,
  );
});
