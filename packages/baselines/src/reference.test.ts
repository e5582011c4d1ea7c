import { useBackend } from '@mmolre/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import fixture from './__fixtures__/baselines.json' with { type: 'json' };
import { fitLogistic, fitRidge } from './linear';
import { denseRow, type Row, sideBySide } from './rows';
import { fitTfIdf, tfIdfRows } from './tf-idf';

beforeAll(() => useBackend({ log: () => {} }));

/** The largest difference between two lists. */
const apart = (ours: ArrayLike<number>, theirs: readonly number[]): number => {
  expect(ours.length).toBe(theirs.length);
  return Math.max(...theirs.map((x, i) => Math.abs(x - ours[i]!)));
};

test("TF-IDF is scikit-learn's, to 12 digits", () => {
  const { texts, unseen, terms, weights, rows } = fixture.tfIdf;
  const ours = fitTfIdf(texts);
  expect(ours.terms.toSorted()).toEqual(terms.toSorted());
  const theirs = ours.terms.map((term) => terms.indexOf(term));
  expect(
    apart(
      ours.weights,
      theirs.map((column) => weights[column]!),
    ),
  ).toBeLessThan(1e-12);
  const dense = (row: Row) => {
    const all = new Array<number>(terms.length).fill(0);
    row.columns.forEach((column, k) => {
      all[theirs[column]!] = row.values[k]!;
    });
    return all;
  };
  tfIdfRows(ours, [...texts, ...unseen]).forEach((row, i) => {
    expect(apart(dense(row), rows[i]!)).toBeLessThan(1e-12);
  });
});

describe('linear models', () => {
  const { x, y, has, ridge, logistic } = fixture.linear;
  const features = sideBySide([x.map(denseRow)], [12]);

  test("ridge is scikit-learn's within 1e-4", () => {
    expect(apart(fitRidge(features, y, 1), ridge)).toBeLessThan(1e-4);
  });

  test("logistic regression with balanced classes is scikit-learn's within 1e-4", () => {
    expect(apart(fitLogistic(features, has, 1), logistic)).toBeLessThan(1e-4);
  });
});
