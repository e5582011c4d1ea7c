import { categoryRecall, mae, pearson } from '@mmolre/metrics';
import { createRng } from '@mmolre/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusterIntervals, type Scored } from './cluster-intervals';

/** What is not said of a category that is. */
const WRONG: Record<string, string> = { anger: 'fear', fear: 'none', none: 'anger' };
const scored = fc.record({
  cluster: fc.constant('one'),
  sentiment: fc.option(
    fc.record({
      score: fc.integer({ min: -300, max: 300 }).map((n) => n / 100),
      label: fc.integer({ min: -3, max: 3 }),
    }),
    { nil: undefined },
  ),
  emotion: fc.option(fc.record({ category: fc.constantFrom(...Object.keys(WRONG)), hit: fc.boolean() }), {
    nil: undefined,
  }),
});

test('one cluster is always drawn as it is: both ends are what the metrics say', () => {
  fc.assert(
    fc.property(fc.array(scored, { maxLength: 12 }), (samples: Scored[]) => {
      const rated = samples.flatMap(({ sentiment }) => sentiment ?? []);
      const [scores, labels] = [rated.map(({ score }) => score), rated.map(({ label }) => label)];
      const told = samples.flatMap(({ emotion }) => emotion ?? []);
      const names = ['anger', 'fear'];
      const vector = (category: string) => names.map((name) => (name === category ? 1 : 0));
      const recall = categoryRecall(
        told.map(({ category, hit }) => vector(hit ? category : WRONG[category]!)),
        told.map(({ category }) => vector(category)),
        [0.5, 0.5],
        names,
      ).mean;
      const found = clusterIntervals(samples);
      for (const [name, value] of Object.entries({ corr: pearson(scores, labels), mae: mae(scores, labels), recall })) {
        const at = value === undefined ? undefined : expect.closeTo(value, 9);
        expect(found[name as keyof typeof found]).toEqual(at && { low: at, high: at });
      }
    }),
  );
});

const rng = createRng(3);
const noisy = Array.from({ length: 400 }, (_, i): Scored => {
  const label = rng.normal();
  return {
    cluster: `${i}`,
    sentiment: { score: 0.5 * label + Math.sqrt(0.75) * rng.normal(), label },
    emotion: { category: i % 2 === 0 ? 'none' : 'anger', hit: rng.uniform() < 0.5 },
  };
});
const width = (interval: { low: number; high: number } | undefined) => interval!.high - interval!.low;

test('of independent samples the intervals are as wide as theory has them', () => {
  const { corr, mae: error, recall } = clusterIntervals(noisy);
  // Standard errors of 400: of a correlation of 0.5, of the mean of |N(0, 1)| (both have unit variance), of a share of half.
  const errors = [0.75, Math.sqrt(1 - 2 / Math.PI), 0.5].map((deviation) => deviation / Math.sqrt(400));
  [corr, error, recall].forEach((interval, i) => {
    const ratio = width(interval) / (2 * 1.96 * errors[i]!);
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.15);
  });
  expect(clusterIntervals(noisy)).toEqual({ corr, mae: error, recall });
});

test('saying each sample ten times makes nothing surer where they are of one recording', () => {
  const often = noisy.slice(0, 100).flatMap((sample) => new Array<Scored>(10).fill(sample));
  const [once, again] = [clusterIntervals(noisy.slice(0, 100)), clusterIntervals(often)];
  for (const name of ['corr', 'mae', 'recall'] as const) expect(width(again[name])).toBeCloseTo(width(once[name]), 9);
  const apart = clusterIntervals(often.map((sample, i) => ({ ...sample, cluster: `${i}` })));
  expect(width(apart.mae)).toBeLessThan(width(once.mae) / 2);
});

test('what is not defined, or seldom, has no interval', () => {
  expect(clusterIntervals([])).toEqual({ corr: undefined, mae: undefined, recall: undefined });
  const constant = [1, 2, 3].map((label) => ({
    cluster: `${label}`,
    sentiment: { score: 0.1, label },
    emotion: undefined,
  }));
  const found = clusterIntervals(constant);
  expect([found.corr, found.recall]).toEqual([undefined, undefined]);
  expect(found.mae!.low).toBeGreaterThanOrEqual(0.9);
  // Two samples: in half of the draws it is the same twice.
  const two = [1, 2].map((label) => ({ cluster: `${label}`, sentiment: { score: label, label }, emotion: undefined }));
  expect(clusterIntervals(two)).toMatchObject({ corr: undefined, mae: { low: 0, high: 0 } });
});
