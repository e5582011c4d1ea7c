import { expect, test } from 'vitest';
import { calibration } from './calibration';

test('by hand', () => {
  const { brier, ece, bins } = calibration([0.2, 0.4, 0.6, 1], [false, true, true, true], 2);
  expect(brier).toBeCloseTo((0.04 + 0.36 + 0.16 + 0) / 4, 12);
  expect(bins).toEqual([
    { low: 0, high: 0.5, count: 2, said: expect.closeTo(0.3, 12), was: 0.5 },
    { low: 0.5, high: 1, count: 2, said: 0.8, was: 1 },
  ]);
  expect(ece).toBeCloseTo((2 * 0.2 + 2 * 0.2) / 4, 12);
});

test('an end belongs to the bin below it, 0 to the first', () => {
  expect(calibration([0, 0.5, 0.5000001], [false, false, false], 2).bins.map(({ count }) => count)).toEqual([2, 1]);
});

test('is undefined without samples, and of empty bins', () => {
  const empty = { low: 0, high: 1, count: 0, said: undefined, was: undefined };
  expect(calibration([], [], 1)).toEqual({ brier: undefined, ece: undefined, bins: [empty] });
});

test('refuses what is no probability', () => {
  expect(() => calibration([0.5, 1.5], [true, true], 10)).toThrow('expected 0 to 1, found 1.5 at index 1');
  expect(() => calibration([Number.NaN], [true], 10)).toThrow('found NaN at index 0');
});
