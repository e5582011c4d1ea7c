import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binaryScores } from './binary-scores';
import { isPrintedAs, readPrinted } from './printed';
import { accuracyReachable, oneAnswerF1, weightedF1Reachable } from './reachable';

const printed = (text: string) => readPrinted(text, true)!;

test('an accuracy is that of a whole number of right answers', () => {
  expect(accuracyReachable(printed('86.31'), 100)).toBe(false);
  expect(accuracyReachable(printed('86.31'), 4659)).toBe(true);
  expect(accuracyReachable(printed('33.3'), 3)).toBe(true);
  expect(accuracyReachable(printed('33.4'), 3)).toBe(false);
  expect(accuracyReachable(printed('101'), 1000)).toBe(false);
});

test('is what looking at every accuracy finds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 1000 }), (n, share) => {
      const claim = printed(`0.${String(share).padStart(4, '0')}`);
      const found = Array.from({ length: n + 1 }, (_, k) => k / n).some((value) => isPrintedAs(value, claim));
      expect(accuracyReachable(claim, n)).toBe(found);
    }),
  );
});

describe('a weighted F1 beside an accuracy', () => {
  const share = fc.integer({ min: 0, max: 99 }).map((n) => printed(`0.${String(n).padStart(2, '0')}`));
  test.each(['labels', 'predictions'] as const)(
    'is what looking at every confusion matrix finds, weights of %s',
    (weights) => {
      const range = fc
        .tuple(fc.nat({ max: 14 }), fc.nat({ max: 14 }))
        .map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 14 }), share, share, range, (n, accuracy, f1, positives) => {
          expect(weightedF1Reachable(accuracy, f1, { n, positives }, weights)).toBe(
            matrices(n).some((counts) => {
              const scores = binaryScores(counts);
              const weighted = weights === 'labels' ? scores.weightedF1 : scores.weightedF1ByPrediction;
              const has = counts.tp + counts.fn;
              if (scores.accuracy === undefined || has < positives.low || has > positives.high) return false;
              return isPrintedAs(scores.accuracy, accuracy) && isPrintedAs(weighted!, f1);
            }),
          );
        }),
        { numRuns: 300 },
      );
    },
  );

  test('of many samples is found in no time', () => {
    const start = performance.now();
    const of = { n: 22_856, positives: { low: 0, high: 22_856 } };
    expect(weightedF1Reachable(printed('86.31'), printed('20.00'), of, 'labels')).toBe(false);
    expect(weightedF1Reachable(printed('86.31'), printed('86.19'), of, 'labels')).toBe(true);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test('a predictor of one answer has 2a²/(1 + a), and 2a/(1 + a) with weights by prediction', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (absent, present) => {
      const a = absent / (absent + present);
      const { weightedF1, weightedF1ByPrediction } = binaryScores({ tp: 0, fp: 0, fn: present, tn: absent });
      expect(weightedF1).toBeCloseTo(oneAnswerF1(a, 'labels'), 12);
      expect(weightedF1ByPrediction).toBeCloseTo(oneAnswerF1(a, 'predictions'), 12);
    }),
  );
  expect(oneAnswerF1(0.917, 'labels')).toBeCloseTo(0.877, 3);
});

function matrices(n: number) {
  const found = [];
  for (let tp = 0; tp <= n; tp++)
    for (let fp = 0; tp + fp <= n; fp++)
      for (let fn = 0; tp + fp + fn <= n; fn++) found.push({ tp, fp, fn, tn: n - tp - fp - fn });
  return found;
}
