import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectMetrics, permuted } from '../test/expect-metrics';
import fixture from './__fixtures__/metrics.json' with { type: 'json' };
import { sentimentMetrics } from './sentiment-metrics';

describe('as numpy, scipy and scikit-learn', () => {
  test.each(fixture.sentiment)('$name', ({ predictions, labels, expected }) => {
    expectMetrics(sentimentMetrics(predictions, labels), expected);
  });
});

test('by hand', () => {
  const { acc7, acc5, has0, non0, mae, count } = sentimentMetrics([0, -0.1, 2.5, -3.5], [0, 1, 3, -1]);
  expect({ acc7, acc5, has0, non0, mae, count }).toEqual({
    acc7: 0.25, // 0 = 0; 2.5 rounds to 2, not 3; -3.5 is clipped to -3
    acc5: 0.5, // 0 = 0; 2.5 and 3 are both clipped to 2
    has0: { acc2: 0.75, f1: expect.closeTo((3 * 0.8 + 1 * (2 / 3)) / 4, 12) },
    non0: { acc2: 2 / 3, f1: expect.closeTo((2 * (2 / 3) + 1 * (2 / 3)) / 3, 12) },
    mae: (0 + 1.1 + 0.5 + 2.5) / 4,
    count: 4,
  });
});

test('a prediction of exactly 0 is not negative for Has0, and not positive for Non0', () => {
  const { has0, non0 } = sentimentMetrics([0, 0], [1, -1]);
  expect(has0.acc2).toBe(0.5); // right about the first
  expect(non0.acc2).toBe(0.5); // right about the second
  expect(sentimentMetrics([0, -1], [1, -1]).has0.acc2).toBe(1);
  expect(sentimentMetrics([0, -1], [1, -1]).non0.acc2).toBe(0.5);
});

test('nothing is NaN or 0 where there are no samples', () => {
  expect(sentimentMetrics([], [])).toEqual({
    count: 0,
    mae: undefined,
    corr: undefined,
    acc7: undefined,
    acc5: undefined,
    has0: { acc2: undefined, f1: undefined },
    non0: { acc2: undefined, f1: undefined },
  });
});

test('refuses NaN and unequal lengths', () => {
  expect(() => sentimentMetrics([Number.NaN], [1])).toThrow('found NaN at index 0');
  expect(() => sentimentMetrics([1], [1, 2])).toThrow('1 predictions and 2 labels');
});

const score = fc.integer({ min: -40, max: 40 }).map((n) => n / 10);
const pairs = fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 25 });

test('the order of the samples changes nothing', () => {
  fc.assert(
    fc.property(pairs, fc.nat(), (samples, seed) => {
      const of = (rows: typeof samples) =>
        sentimentMetrics(
          rows.map(([p]) => p),
          rows.map(([, y]) => y),
        );
      expectMetrics(of(permuted(samples, seed)), of(samples));
    }),
  );
});

test('shares are 0 .. 1, a correlation -1 .. 1, an error not negative', () => {
  fc.assert(
    fc.property(pairs, (samples) => {
      const { mae, corr, acc7, acc5, has0, non0 } = sentimentMetrics(
        samples.map(([p]) => p),
        samples.map(([, y]) => y),
      );
      for (const share of [acc7, acc5, has0.acc2, has0.f1, non0.acc2, non0.f1]) {
        if (share === undefined) continue;
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1 + 1e-12);
      }
      expect(mae).toBeGreaterThanOrEqual(0);
      if (corr !== undefined) expect(Math.abs(corr)).toBeLessThanOrEqual(1);
    }),
  );
});

test('perfect predictions are perfect, or undefined', () => {
  fc.assert(
    fc.property(fc.array(score, { minLength: 1, maxLength: 25 }), (labels) => {
      const { mae, corr, acc7, acc5, has0, non0 } = sentimentMetrics(labels, labels);
      expect([mae, acc7, acc5]).toEqual([0, 1, 1]);
      if (new Set(labels).size > 1) expect(corr).toBeCloseTo(1, 12);
      else expect(corr).toBeUndefined();
      const bothSigns = labels.some((y) => y < 0) && labels.some((y) => y > 0);
      expect([non0.acc2, non0.f1]).toEqual(bothSigns ? [1, 1] : [undefined, undefined]);
      const bothClasses = labels.some((y) => y < 0) && labels.some((y) => y >= 0);
      expect([has0.acc2, has0.f1]).toEqual(bothClasses ? [1, 1] : [undefined, undefined]);
    }),
  );
});
