import { readFileSync } from 'node:fs';
import { createRng, mixSeed } from '@mmolre/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, figureOf, type TestRow, withShuffledLabels } from './block';
import { bootstrapP, percentiles, resample } from './bootstrap';
import { analyse, type Model, SAME } from './claims';
import { holm } from './holm';
import { pairedP, powerOf, visibleDifference } from './power';

// By scipy and statsmodels: scripts/reference/benchmarks/make_paired_fixtures.py.
const reference = JSON.parse(readFileSync(new URL('../__fixtures__/paired.json', import.meta.url), 'utf8'));

describe('holm', () => {
  test.each(reference.holm as { p: number[]; corrected: number[] }[])('as statsmodels: $p', ({ p, corrected }) => {
    holm(p).forEach((value, i) => {
      expect(value).toBeCloseTo(corrected[i]!, 12);
    });
  });

  test('is never below p nor above Bonferroni, and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (ps) => {
        const corrected = holm(ps);
        ps.forEach((p, i) => {
          expect(corrected[i]).toBeGreaterThanOrEqual(p);
          expect(corrected[i]).toBeLessThanOrEqual(Math.min(1, p * ps.length));
          ps.forEach((other, j) => {
            if (p < other) expect(corrected[i]).toBeLessThanOrEqual(corrected[j]!);
          });
        });
      }),
    );
  });
});

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

/** One block of rows of their own clips, or of so many a clip. */
function blockOf(labels: readonly number[], models: Record<string, readonly number[]>, rowsPerClip = 1): Block {
  const rows = labels.map(
    (sentiment, i): TestRow => ({ id: `${i}`, clip: `${Math.floor(i / rowsPerClip)}`, sentiment }),
  );
  const scores = Object.entries(models).map(([name, sentiment]) => [name, { sentiment }] as const);
  return { fold: 1, seed: 1, rows, scores: new Map(scores) };
}

describe('the bootstrap', () => {
  const { labels, a, b, interval, clusterInterval, deviation, clusterDeviation, rowsPerClip } = reference.bootstrap;
  const differences = (block: Block) => {
    const wanted = ['a', 'b'].map((name) => ({ name, metric: 'error' as const }));
    const [first, second] = resample([block], wanted, { seed: 1, resamples: 4_000 });
    return first!.resamples.map((value, r) => value - second!.resamples[r]!);
  };
  const spread = (values: Float64Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };

  test('of rows that share no clip has the interval of scipy', () => {
    const found = differences(blockOf(labels, { a, b }));
    const { low, high } = percentiles(found);
    // Both are drawn: a twentieth of the deviation is three times what 4,000 draws leave open.
    expect(Math.abs(low - interval[0])).toBeLessThan(deviation / 5);
    expect(Math.abs(high - interval[1])).toBeLessThan(deviation / 5);
    expect(spread(found) / deviation).toBeCloseTo(1, 1);
  });

  test('of rows that share clips is as wide as that of numpy over clips and rows', () => {
    const found = differences(blockOf(labels, { a, b }, rowsPerClip));
    const { low, high } = percentiles(found);
    expect(Math.abs(low - clusterInterval[0])).toBeLessThan(clusterDeviation / 5);
    expect(Math.abs(high - clusterInterval[1])).toBeLessThan(clusterDeviation / 5);
    expect(clusterDeviation / deviation).toBeGreaterThan(1.3); // else it would not show
    expect(spread(found) / clusterDeviation).toBeCloseTo(1, 1);
  });

  test('is the same with the same seed, and another with another', () => {
    const block = blockOf(labels, { a, b }, rowsPerClip);
    const draw = (seed: number) => resample([block], [{ name: 'a', metric: 'error' }], { seed, resamples: 5 })[0];
    expect(draw(1)).toMatchObject({ resamples: draw(1)!.resamples });
    expect(draw(2)!.resamples).not.toEqual(draw(1)!.resamples);
  });

  test('has a p of 1 where nothing differs, and the smallest that it can have where all does', () => {
    expect([bootstrapP(new Float64Array(99)), bootstrapP(new Float64Array(99).fill(1))]).toEqual([1, 0.02]);
  });
});

describe('a figure', () => {
  test('of rows that count twice is that of the rows written twice', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true });
    const row = fc.tuple(number, number, fc.constantFrom('anger', 'fear', 'none'), fc.constantFrom('anger', 'none'));
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.integer({ min: 0, max: 3 })), { minLength: 2, maxLength: 12 }), (drawn) => {
        const block = (rows: readonly (typeof drawn)[number][0][]): Block => ({
          fold: 1,
          seed: 1,
          rows: rows.map(([sentiment, , category], i) => ({ id: `${i}`, clip: `${i}`, sentiment, category })),
          scores: new Map([['m', { sentiment: rows.map((one) => one[1]), category: rows.map((one) => one[3]) }]]),
        });
        const once = block(drawn.map(([one]) => one));
        const written = block(drawn.flatMap(([one, count]) => new Array(count).fill(one)));
        for (const metric of ['recall', 'correlation', 'error'] as const) {
          const weighted = figureOf(metric, once, 'm')!(drawn.map(([, count]) => count));
          const plain = figureOf(metric, written, 'm')?.(written.rows.map(() => 1));
          if (plain === undefined) expect(weighted).toBeUndefined();
          else expect(weighted).toBeCloseTo(plain, 8);
        }
      }),
    );
  });
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
