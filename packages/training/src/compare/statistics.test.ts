import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, figureOf, type TestRow } from './block';
import { bootstrapP, percentiles, resample } from './bootstrap';
import { holm } from './holm';
import { permutationP } from './permutation';

// By scipy and statsmodels: scripts/reference/training/make_compare_fixtures.py.
const reference = JSON.parse(readFileSync(new URL('./__fixtures__/compare.json', import.meta.url), 'utf8'));

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

describe('the permutation test', () => {
  const { labels, a, b, p, clipP, rowsPerClip } = reference.permutation;
  const pOf = (block: Block, names: [string, string][]) => {
    const pairs = names.map(([one, other]) => [block.scores.get(one)!, block.scores.get(other)!] as const);
    return permutationP('error', block.rows, pairs, { seed: 1, permutations: 4_000 })!;
  };

  test('of rows that share no clip has the exact p of scipy, within what 4,000 draws leave open', () => {
    expect(Math.abs(pOf(blockOf(labels, { a, b }), [['a', 'b']]) - p)).toBeLessThan(0.015);
  });

  test('of rows that share clips swaps whole clips', () => {
    expect(Math.abs(pOf(blockOf(labels, { a, b }, rowsPerClip), [['a', 'b']]) - clipP)).toBeLessThan(0.015);
    expect(Math.abs(p - clipP)).toBeGreaterThan(0.05); // else it would not show
  });

  test('is the same whichever of two models comes first, and 1 of a model and itself', () => {
    const block = blockOf(labels, { a, b });
    expect(pOf(block, [['a', 'b']])).toBe(pOf(block, [['b', 'a']]));
    expect(pOf(block, [['a', 'a']])).toBe(1);
  });

  test('of two pairs that differ in opposite ways shows nothing', () => {
    const block = blockOf(labels, { a, b });
    const opposite: [string, string][] = [
      ['a', 'b'],
      ['b', 'a'],
    ];
    expect(pOf(block, opposite)).toBe(1);
  });

  test('says nothing of a task that a model lacks', () => {
    const { rows } = blockOf(labels, { a });
    expect(permutationP('recall', rows, [[{}, {}]], { seed: 1, permutations: 10 })).toBeUndefined();
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
