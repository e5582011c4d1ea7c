import { readFileSync } from 'node:fs';
import { createRng, mixSeed } from '@mmolre/nn';
import type { Block, TestRow } from '@mmolre/training/compare';
import { describe, expect, test } from 'vitest';
import { analyse, type Model, SAME } from './claims';
import { pairedP, powerOf, visibleDifference } from './power';
import { withShuffledLabels } from './shuffled-labels';

// By scipy and statsmodels: scripts/reference/benchmarks/make_paired_fixtures.py.
const reference = JSON.parse(readFileSync(new URL('../__fixtures__/paired.json', import.meta.url), 'utf8'));

describe('the paired t-test', () => {
  test.each(reference.power as { effect: number; pairs: number; power: number }[])(
    'sees $effect deviations in $pairs pairs with the probability that statsmodels gives',
    ({ effect, pairs, power }) => expect(powerOf(effect, pairs)).toBeCloseTo(power, 5),
  );

  test.each(reference.visible as { pairs: number; effect: number }[])(
    'sees $effect deviations in $pairs pairs four times in five',
    ({ pairs, effect }) => expect(visibleDifference(0.5, pairs)).toBeCloseTo(effect / 2, 4),
  );

  test('sees nothing in one pair', () => {
    expect([visibleDifference(1, 1), pairedP([3])]).toEqual([Number.POSITIVE_INFINITY, 1]);
  });

  test.each(reference.paired as { differences: number[]; p: number }[])('has the p of scipy', ({ differences, p }) =>
    expect(pairedP(differences)).toBeCloseTo(p, 8),
  );
});

describe('claims', () => {
  const models: Model[] = [
    { name: 'good', reads: 'both', simple: false },
    { name: 'middling', reads: 'both', simple: false },
    { name: 'simple', reads: 'text', simple: true },
  ];
  /** Models that know more or less of the labels, on four blocks of two folds; `calm` is wrong, but near to the middle. */
  const blocks = [1, 2, 3, 4].map((n): Block => {
    const fold = 1 + (n % 2);
    const noise = (i: number, of: number) => createRng(mixSeed(i, of, fold)).normal();
    const rows = Array.from({ length: 240 }, (_, i): TestRow => {
      const sentiment = 2 * noise(i, 0);
      return { id: `${i}`, clip: `${i % 60}`, sentiment, category: sentiment > 0 ? 'happiness' : 'anger' };
    });
    const says = (error: number, of: number, shrink = 1) => {
      const sentiment = rows.map((row, i) => shrink * (row.sentiment! + error * noise(i, of + 10 * n)));
      return { sentiment, category: sentiment.map((value) => (value > 0 ? 'happiness' : 'anger')) };
    };
    const scores = { good: says(0.3, 1), middling: says(3, 2), simple: says(2.5, 3), calm: says(20, 4, 0.01) };
    const same = { sentiment: rows.map(() => 0), category: rows.map(() => 'anger') };
    return { fold, seed: Math.ceil(n / 2), rows, scores: new Map(Object.entries({ ...scores, [SAME]: same })) };
  });
  const options = { seed: 1, resamples: 1_000 };

  test('that are true hold, and none does once labels are swapped', () => {
    const { claims } = analyse(blocks, models, options);
    expect(claims.map(({ model, than, metric }) => [model, than, metric])).toEqual(
      ['recall', 'correlation', 'error'].flatMap((metric) =>
        [undefined, 'middling', 'simple'].map((than) => ['good', than, metric]),
      ),
    );
    expect(claims.filter(({ holds }) => !holds)).toEqual([]);
    for (const seed of [1, 2, 3]) {
      const swapped = analyse(withShuffledLabels(blocks, seed), models, options);
      expect(swapped.claims.filter(({ holds }) => holds)).toEqual([]);
      expect(swapped.claims).toHaveLength(claims.length);
    }
  });

  test('of the less wrong of two that know nothing does not hold', () => {
    const calm: Model[] = [{ name: 'calm', reads: 'both', simple: false }, models[1]!];
    const shuffled = withShuffledLabels(blocks, 1);
    const claim = analyse(shuffled, calm, options).claims.find(
      ({ than, metric }) => than === 'middling' && metric === 'error',
    )!;
    expect([claim.difference > 0, claim.p < 0.05, claim.holds]).toEqual([true, true, false]);
  });

  test('that are the other way round do not hold, and one block claims nothing', () => {
    const turned = analyse(blocks, [models[1]!, models[0]!], options).claims;
    expect(turned.find(({ than, metric }) => than === 'good' && metric === 'recall')).toMatchObject({ holds: false });
    expect(analyse(blocks.slice(0, 1), models, options).claims.filter(({ holds }) => holds)).toEqual([]);
  });
});
