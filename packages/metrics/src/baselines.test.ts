import fc from 'fast-check';
import { expect, test } from 'vitest';
import { majorityBaseline, medianBaseline } from './baselines';
import { mae } from './basics';
import { categoryRecall } from './emotion-metrics';

test('no constant has a lower absolute error on the training labels than their median', () => {
  const label = fc.integer({ min: -30, max: 30 }).map((n) => n / 10);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 20 }), label, (labels, other) => {
      const errorOf = (constant: number) =>
        mae(
          labels.map(() => constant),
          labels,
        )!;
      expect(errorOf(medianBaseline(labels))).toBeLessThanOrEqual(errorOf(other) + 1e-12);
    }),
  );
});

test('the majority is the most frequent combination of emotions', () => {
  expect(
    majorityBaseline(
      [
        [1, 0],
        [0, 1],
        [0, 1],
      ],
      2,
    ),
  ).toEqual([0, 1]);
  expect(
    majorityBaseline(
      [
        [0, 0.667],
        [0, 3],
        [0, 0],
      ],
      2,
    ),
  ).toEqual([0, 1]); // MOSEI's degrees are all presence
  expect(
    majorityBaseline(
      [
        [1, 0],
        [0, 1],
      ],
      2,
    ),
  ).toEqual([0, 1]);
  expect(majorityBaseline([], 2)).toEqual([0, 0]);
  expect(medianBaseline([])).toBe(0);
});

test('its recall is that of chance', () => {
  const names = ['anger', 'fear'];
  const labels = [
    [1, 0],
    [1, 0],
    [0, 1],
    [0, 0],
  ];
  const majority = majorityBaseline(labels, 2);
  expect(
    categoryRecall(
      labels.map(() => majority),
      labels,
      [0.5, 0.5],
      names,
    ).mean,
  ).toBeCloseTo(1 / 3, 12);
});
