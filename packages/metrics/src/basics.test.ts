import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import fixture from './__fixtures__/metrics.json' with { type: 'json' };
import { accuracy, f1, mae, mean, median, pearson, roundHalfEven, weightedF1 } from './basics';

describe('roundHalfEven', () => {
  test('rounds as numpy does', () => {
    for (const [x, expected] of fixture.round) expect(roundHalfEven(x!)).toBe(expected);
  });

  test('never gives -0', () => {
    expect(roundHalfEven(-0.5)).toBe(0);
    expect(roundHalfEven(-0)).toBe(0);
  });
});

test('median equals numpy.median', () => {
  for (const [values, expected] of fixture.median) expect(median(values as number[])).toBe(expected);
  expect(median([])).toBeUndefined();
});

test('mean leaves undefined values out', () => {
  expect(mean([1, undefined, 3])).toBe(2);
  expect(mean([undefined])).toBeUndefined();
});

test('F1 by hand: two hits, three predicted, four present', () => {
  const labels = [1, 1, 1, 1, 0, 0];
  const predictions = [1, 1, 0, 0, 1, 0];
  expect(f1(predictions, labels, 1)).toBe(4 / 7);
  expect(f1(predictions, labels, 0)).toBe(2 / 5);
  expect(weightedF1(predictions, labels)).toBeCloseTo((4 * (4 / 7) + 2 * (2 / 5)) / 6, 15);
  expect(accuracy(predictions, labels)).toBe(0.5);
});

test('F1 of a class that is neither predicted nor present is undefined, of one never predicted 0', () => {
  expect(f1([0, 0], [0, 0], 1)).toBeUndefined();
  expect(f1([0, 0], [0, 1], 1)).toBe(0);
});

describe('pearson', () => {
  test('is undefined for constants, also those whose mean is off by a rounding', () => {
    expect(mean([0.1, 0.1, 0.1])).not.toBe(0.1);
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBeUndefined();
    expect(pearson([1, 2, 3], [0, 0, 0])).toBeUndefined();
    expect(pearson([1], [1])).toBeUndefined();
    expect(pearson([], [])).toBeUndefined();
  });

  test('is 1 for a rising line, -1 for a falling one, and within them', () => {
    const grid = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(grid, grid, fc.integer({ min: 1, max: 9 }), (xs, others, slope) => {
        fc.pre(new Set(xs).size > 1);
        expect(
          pearson(
            xs,
            xs.map((x) => slope * x + 1),
          ),
        ).toBeCloseTo(1, 12);
        expect(
          pearson(
            xs,
            xs.map((x) => 1 - slope * x),
          ),
        ).toBeCloseTo(-1, 12);
        const r = pearson(
          xs,
          xs.map((_, i) => others[i] ?? 0),
        );
        if (r !== undefined) expect(Math.abs(r)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test('errors say what was found', () => {
  expect(() => mae([1, 2], [1])).toThrow('mae: expected one prediction a label, got 2 predictions and 1 labels');
  expect(() => mae([1, Number.NaN], [1, 2])).toThrow('mae predictions: expected finite numbers, found NaN at index 1');
  expect(() => pearson([1, 2], [Number.POSITIVE_INFINITY, 2])).toThrow('pearson labels');
  expect(() => accuracy([1], [])).toThrow('accuracy');
  expect(() => weightedF1([1], [])).toThrow('weightedF1');
});
