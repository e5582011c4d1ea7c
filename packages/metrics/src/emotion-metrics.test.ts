import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectMetrics, permuted } from '../test/expect-metrics';
import fixture from './__fixtures__/metrics.json' with { type: 'json' };
import { CATEGORIES, category, categoryRecall, chooseThresholds, emotionMetrics } from './emotion-metrics';

const NAMES = ['happiness', 'sadness', 'anger', 'surprise', 'disgust', 'fear'];
const HALF = new Array(6).fill(0.5);

/** A row of six that has the given emotions. */
const only = (...names: string[]) => NAMES.map((name) => (names.includes(name) ? 1 : 0));

describe('as scikit-learn', () => {
  test.each(fixture.emotion)('$name', ({ probabilities, labels, thresholds, expected }) => {
    expectMetrics(emotionMetrics(probabilities, labels, thresholds, NAMES), expected);
  });

  test.each(fixture.emotion)('thresholds reach the best balanced accuracy: $name', (sample) => {
    const { probabilities, labels, bestBalancedAccuracy } = sample;
    const chosen = chooseThresholds(probabilities, labels, 0.5, 6);
    for (const [c, best] of bestBalancedAccuracy.entries()) {
      if (best === null) {
        expect(chosen[c]).toBe(0.5);
        continue;
      }
      const share = (present: boolean) => {
        const rows = labels.flatMap((row, i) => (row[c] === Number(present) ? [i] : []));
        return rows.filter((i) => probabilities[i]![c]! > chosen[c]! === present).length / rows.length;
      };
      expect((share(true) + share(false)) / 2).toBeCloseTo(best, 12);
    }
  });
});

test('an emotion that never occurs has no scores and does not enter the mean', () => {
  const labels = [only('anger'), only('anger'), only()];
  const { perEmotion, mean } = emotionMetrics([only('anger'), only(), only('fear')], labels, HALF, NAMES);
  expect(perEmotion.fear).toEqual({
    accuracy: undefined,
    weightedF1: undefined,
    f1: undefined,
    prevalence: 0,
    threshold: 0.5,
  });
  expect(mean).toEqual({ accuracy: 2 / 3, weightedF1: 2 / 3, f1: 2 / 3 });
});

test('MOSEI labels above 1 and between 0 and 1 count as present', () => {
  const { perEmotion } = emotionMetrics(
    [only('fear'), only('fear'), only()],
    [[0, 0, 0, 0, 0, 3], [0, 0, 0, 0, 0, 1 / 3], only()],
    HALF,
    NAMES,
  );
  expect(perEmotion.fear!.f1).toBe(1);
  expect(perEmotion.fear!.prevalence).toBeCloseTo(2 / 3, 15);
});

describe('category', () => {
  test('is the emotion furthest above its own threshold', () => {
    expect(category([0.9, 0.6, 0, 0, 0, 0], [0.8, 0.3, 1, 1, 1, 1], NAMES)).toBe('sadness');
  });

  test('is none where no probability exceeds its threshold, and the first of equals', () => {
    expect(category(HALF, HALF, NAMES)).toBe('none');
    expect(category([0, 0.75, 0.75, 0, 0, 0], HALF, NAMES)).toBe('sadness');
  });
});

describe('categoryRecall', () => {
  test('by hand: surprise is a wrong answer, several emotions and surprise are left out', () => {
    const labels = [
      only('anger'),
      only('anger'),
      only(),
      only(),
      only('surprise'),
      only('anger', 'fear'),
      only('fear'),
    ];
    const answers = [
      only('anger'),
      only('surprise'),
      only(),
      only('fear'),
      only('surprise'),
      only('anger'),
      only('fear'),
    ];
    expect(categoryRecall(answers, labels, HALF, NAMES)).toEqual({
      mean: (1 / 2 + 1 / 2 + 1) / 3,
      perCategory: { anger: 1 / 2, none: 1 / 2, fear: 1, disgust: undefined, happiness: undefined, sadness: undefined },
      count: 5,
      leftOut: 2,
    });
  });

  test('is undefined, not 0, without any sample of a category', () => {
    const { mean, count, leftOut } = categoryRecall([only()], [only('surprise')], HALF, NAMES);
    expect([mean, count, leftOut]).toEqual([undefined, 0, 1]);
  });

  test('always the same answer has a recall of one over the number of categories', () => {
    const labels = [...CATEGORIES, ...CATEGORIES].map((name) => only(name));
    for (const name of CATEGORIES) {
      const same = labels.map(() => only(name));
      expect(categoryRecall(same, labels, HALF, NAMES).mean).toBeCloseTo(1 / 6, 12);
    }
  });
});

describe('chooseThresholds', () => {
  test('cuts in the middle between the classes it can tell apart', () => {
    expect(chooseThresholds([[0.1], [0.2], [0.6], [0.7]], [[0], [0], [1], [1]], 0.5, 1)[0]).toBeCloseTo(0.4, 12);
  });

  test('takes the middle of equally good cuts, whatever the order of the samples', () => {
    const rows: [number, number][] = [
      [0.1, 0],
      [0.2, 1],
      [0.3, 0],
      [0.4, 1],
    ];
    const choose = (some: typeof rows) =>
      chooseThresholds(
        some.map(([p]) => [p]),
        some.map(([, y]) => [y]),
        0.5,
        1,
      )[0];
    expect(choose(rows)).toBeCloseTo(0.35, 12); // 0.15 and 0.35 both have 3/4
    expect(choose([...rows].reverse())).toBe(choose(rows));
  });

  test('an emotion that is never or always there keeps the fallback', () => {
    expect(
      chooseThresholds(
        [
          [0.1, 0.9],
          [0.2, 0.8],
        ],
        [
          [0, 1],
          [0, 1],
        ],
        1 / 6,
        2,
      ),
    ).toEqual([1 / 6, 1 / 6]);
    expect(chooseThresholds([], [], 0.5, 2)).toEqual([0.5, 0.5]);
  });
});

test('a threshold is never worse on its samples than the same answer for all', () => {
  // The wrong way round: every cut is worse.
  expect(chooseThresholds([[0.9], [0.8], [0.2], [0.1]], [[0], [0], [1], [1]], 0.5, 1)).toEqual([1]);
  expect(chooseThresholds([[0.4], [0.3], [0.2], [0.1]], [[0], [0], [1], [1]], 0.5, 1)).toEqual([0.5]);
  fc.assert(
    fc.property(samples, fc.integer({ min: 0, max: 20 }), (rows, fallback) => {
      const [p, y] = columns(rows);
      chooseThresholds(p, y, fallback / 20, 6).forEach((threshold, c) => {
        const recall = (has: number) => {
          const of = rows.filter(([, label]) => label[c] === has);
          return of.filter(([score]) => Number(score[c]! > threshold) === has).length / of.length;
        };
        const balanced = (recall(0) + recall(1)) / 2; // NaN where the samples are of one class
        if (!Number.isNaN(balanced)) expect(balanced).toBeGreaterThanOrEqual(0.5 - 1e-12);
      });
    }),
  );
});

const rowOf = (value: fc.Arbitrary<number>) => fc.array(value, { minLength: 6, maxLength: 6 });
const samples = fc.array(
  fc.tuple(rowOf(fc.integer({ min: 0, max: 20 }).map((n) => n / 20)), rowOf(fc.integer({ min: 0, max: 1 }))),
  {
    minLength: 1,
    maxLength: 25,
  },
);
const columns = (rows: [number[], number[]][]) => [rows.map(([p]) => p), rows.map(([, y]) => y)] as const;

test('the order of the samples changes nothing', () => {
  fc.assert(
    fc.property(samples, fc.nat(), (rows, seed) => {
      const [p, y] = columns(rows);
      const [q, z] = columns(permuted(rows, seed));
      expectMetrics(emotionMetrics(q, z, HALF, NAMES), emotionMetrics(p, y, HALF, NAMES));
      expect(chooseThresholds(q, z, 0.5, 6)).toEqual(chooseThresholds(p, y, 0.5, 6));
    }),
  );
});

test('shares are 0 .. 1 and every sample is counted once', () => {
  fc.assert(
    fc.property(samples, (rows) => {
      const { perEmotion, mean, categoryRecall: recall } = emotionMetrics(...columns(rows), HALF, NAMES);
      const shares = [...Object.values(perEmotion), mean].flatMap((e) => [e.accuracy, e.weightedF1, e.f1]);
      for (const share of [...shares, recall.mean, ...Object.values(recall.perCategory)]) {
        if (share === undefined) continue;
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1 + 1e-12);
      }
      expect(recall.count + recall.leftOut).toBe(rows.length);
    }),
  );
});

test('perfect predictions are perfect, or undefined', () => {
  fc.assert(
    fc.property(samples, (rows) => {
      const labels = rows.map(([, y]) => y);
      const { perEmotion, categoryRecall: recall } = emotionMetrics(labels, labels, HALF, NAMES);
      for (const { accuracy, weightedF1, f1, prevalence } of Object.values(perEmotion)) {
        const defined = prevalence > 0 && prevalence < 1;
        expect([accuracy, weightedF1, f1]).toEqual(defined ? [1, 1, 1] : [undefined, undefined, undefined]);
      }
      expect([1, undefined]).toContain(recall.mean);
    }),
  );
});

test('errors say what was found', () => {
  expect(() => emotionMetrics([only()], [only(), only()], HALF, NAMES)).toThrow('1 predictions and 2 labels');
  expect(() => emotionMetrics([[0.5]], [only()], HALF, NAMES)).toThrow(
    'emotionMetrics probabilities: expected rows of 6 numbers, row 0 has 1',
  );
  expect(() => categoryRecall([only()], [only()], [0.5], NAMES)).toThrow(
    'categoryRecall thresholds: expected rows of 6',
  );
  expect(() => chooseThresholds([[Number.NaN]], [[1]], 0.5, 1)).toThrow(
    'chooseThresholds probabilities: expected finite numbers, found NaN',
  );
});

test('a label or threshold that is NaN is refused, not taken for absence', () => {
  expect(() => emotionMetrics([only()], [[0, 0, Number.NaN, 0, 0, 0]], HALF, NAMES)).toThrow(
    'emotionMetrics labels: expected finite numbers, found NaN at index 2',
  );
  expect(() => emotionMetrics([only()], [only()], [...HALF.slice(1), Number.NaN], NAMES)).toThrow(
    'emotionMetrics thresholds: expected finite numbers, found NaN at index 5',
  );
});
