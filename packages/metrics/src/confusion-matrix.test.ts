import { expect, test } from 'vitest';
import { binaryScores } from './binary-scores';
import { confusionMatrix } from './confusion-matrix';

test('rows are labels, columns predictions', () => {
  expect(confusionMatrix(['a', 'b', 'b'], ['a', 'a', 'b'], ['a', 'b', 'c'])).toEqual([
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 0],
  ]);
});

test('refuses what is no class', () => {
  expect(() => confusionMatrix(['a'], ['x'], ['a', 'b'])).toThrow('expected one of a, b, found x at index 0');
});

test('scores of two classes by hand, and undefined where the labels are of one', () => {
  const { accuracy, weightedF1, weightedF1ByPrediction, f1 } = binaryScores({ tp: 2, fp: 1, fn: 2, tn: 1 });
  expect([accuracy, f1]).toEqual([0.5, 4 / 7]);
  expect(weightedF1).toBeCloseTo((4 * (4 / 7) + 2 * (2 / 5)) / 6, 12);
  expect(weightedF1ByPrediction).toBeCloseTo((3 * (4 / 7) + 3 * (2 / 5)) / 6, 12);
  expect(Object.values(binaryScores({ tp: 1, fp: 0, fn: 2, tn: 0 }))).toEqual(new Array(4).fill(undefined));
});
