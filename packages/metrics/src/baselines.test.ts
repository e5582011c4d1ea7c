import fc from 'fast-check';
import { expect, test } from 'vitest';
import { medianBaseline } from './baselines';
import { mae } from './basics';

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

test('without labels it is 0', () => {
  expect(medianBaseline([])).toBe(0);
});
