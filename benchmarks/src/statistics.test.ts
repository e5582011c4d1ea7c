import { expect, test } from 'vitest';
import { compare, median, quantile } from './statistics';

test('quantiles lie on the line between neighbours, in any order', () => {
  expect(quantile([4, 1, 3, 2], 0.25)).toBe(1.75);
  expect(quantile([10, 30, 20], 0.75)).toBe(25);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([1, 4])).toBe(2.5);
  expect(() => median([])).toThrow('expected at least one value');
});

test('a slow stretch that hits both sides of a round does not spread the ratios', () => {
  const { ours, theirs, ratio, spread } = compare([10, 10, 40, 10], [20, 20, 80, 20]);
  expect([ours, theirs, ratio, spread]).toEqual([10, 20, 0.5, 0]);
});

test('the spread is that of the ratios of single rounds', () => {
  // 0.5, 1, 1.5, 2: the middle half lies between 0.875 and 1.625.
  expect(compare([1, 2, 3, 4], [2, 2, 2, 2]).spread).toBe(0.75);
});
