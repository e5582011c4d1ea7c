import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectNumericGradient } from '../test/numeric-gradient';
import fixture from './__fixtures__/losses.json' with { type: 'json' };
import {
  defaultThreshold,
  type EmotionLossOptions,
  emotionLogits,
  emotionLoss,
  emotionProbabilities,
} from './emotion-loss';

type Case = Omit<(typeof fixture.emotion)[number], 'options'> & { options: EmotionLossOptions };
const cases = fixture.emotion as unknown as Case[];
const kinds = ['bce', 'softmax-ce', 'category-ce'] as const;

/** Logits, or weights, for so many emotions and, where the kind asks for it, one more for none. */
const withNone = (kind: EmotionLossOptions['kind'], row: number[], none = 0.25) =>
  emotionLogits(kind, row.length) > row.length ? [...row, none] : row;

function lossAndGradient({ logits, labels, present, options }: Omit<Case, 'name' | 'loss' | 'gradient'>) {
  const { value, grad } = tf.valueAndGrad((z) =>
    emotionLoss(z as tf.Tensor2D, tf.tensor2d(labels), tf.tensor1d(present), options),
  )(tf.tensor2d(logits));
  return { loss: value.dataSync()[0]!, gradient: [...grad.dataSync()] };
}

describeEachBackend('emotionLoss', () => {
  describe("is torch's, with its gradient", () => {
    test.each(cases)('$name', (sample) => {
      const { loss, gradient } = lossAndGradient(sample);
      expect(Math.abs(loss - sample.loss) / sample.loss).toBeLessThan(1e-6);
      for (const [i, g] of sample.gradient.flat().entries()) expect(gradient[i]!, `entry ${i}`).toBeCloseTo(g, 6);
    });
  });

  test('by hand: bce at logits 0 and log 3, of which only labelled samples count', () => {
    const sample = {
      logits: [
        [0, Math.log(3)],
        [7, 7],
      ],
      labels: [
        [1, 0],
        [0, 1],
      ],
      present: [1, 0],
      options: { kind: 'bce' as const },
    };
    const { loss, gradient } = lossAndGradient(sample);
    expect(loss).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 6);
    expect(gradient.map((g) => Math.round(g * 1e5) / 1e5 + 0)).toEqual([-0.25, 0.375, 0, 0]); // (p - y) / 2
  });

  test('by hand: softmax-ce sums over the emotions present, and is 0 for a sample without any', () => {
    const labels = [
      [1, 1, 0],
      [0, 0, 0],
    ];
    const logits = [
      [0, Math.log(2), 0],
      [1, 2, 3],
    ];
    const { loss } = lossAndGradient({ logits, labels, present: [1, 1], options: { kind: 'softmax-ce' } });
    expect(loss).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 6);
  });

  test('a small loss is right to the rounding of 1', () => {
    const sample = { labels: [[0, 1]], present: [1], logits: [[-12, 12]] };
    for (const options of [{ kind: 'bce' as const }, { kind: 'bce' as const, classWeights: [1, 1] }]) {
      expect(lossAndGradient({ ...sample, options }).loss).toBeCloseTo(Math.log1p(Math.exp(-12)), 6); // wasm's log1p is log(1 + x)
    }
  });

  test.each(kinds)('agrees with finite differences: %s', (kind) => {
    const labels = tf.tensor2d([
      [1, 0, 1],
      [0, 0, 1],
      [1, 1, 1],
    ]);
    const present = tf.tensor1d([1, 1, 0]);
    const classWeights = withNone(kind, [0.5, 2, 1]);
    for (const options of [{ kind }, { kind, classWeights, focal: 1.5 }, { kind, classWeights, smoothing: 0.1 }]) {
      const rows = [
        [0.5, -1, 0],
        [2, 0.25, -0.75],
        [1, 1, 1],
      ];
      const logits = tf.tensor2d(rows.map((row) => withNone(kind, row)));
      expectNumericGradient(logits, (z) => emotionLoss(z as tf.Tensor2D, labels, present, options));
    }
  });

  test.each(kinds)('never overflows, focal or not: %s', (kind) => {
    for (const focal of [0, 0.5, 2]) {
      const labels = [
        [1, 0, 1],
        [0, 1, 0],
      ];
      const logits = [withNone(kind, [1e4, -1e4, -1e4]), withNone(kind, [1e4, 1e4, -1e4])];
      const { loss, gradient } = lossAndGradient({ logits, labels, present: [1, 1], options: { kind, focal } });
      expect([loss, ...gradient].every(Number.isFinite), `${loss} ${gradient}`).toBe(true);
    }
  });

  test.each(kinds)('is 0 with zero gradient where nothing is labelled: %s', (kind) => {
    const options = { kind, classWeights: withNone(kind, [2, 3]), focal: 2 };
    const logits = [withNone(kind, [1, -1])];
    const { loss, gradient } = lossAndGradient({ logits, labels: [[1, 1]], present: [0], options });
    expect([loss, ...gradient].every((value) => value === 0)).toBe(true);
  });

  test.each(kinds)('a label of NaN that is marked absent is never met: %s', (kind) => {
    for (const options of [{ kind }, { kind, classWeights: withNone(kind, [2, 3]), focal: 2 }]) {
      const sample = {
        logits: [withNone(kind, [1, -1]), withNone(kind, [0.5, 2])],
        present: [0, 1],
        options,
      };
      const [unknown, zero] = [Number.NaN, 0].map((label) =>
        lossAndGradient({
          ...sample,
          labels: [
            [label, label],
            [1, 0],
          ],
        }),
      );
      expect(unknown).toEqual(zero);
      expect([unknown!.loss, ...unknown!.gradient].every(Number.isFinite)).toBe(true);
    }
  });

  test.each(kinds)('leaves one tensor behind, the loss, and its gradient one more: %s', (kind) => {
    const logits = tf.tensor2d([withNone(kind, [1, -1])]);
    const [labels, present] = [tf.tensor2d([[1, 0]]), tf.tensor1d([1])];
    const options = { kind, classWeights: withNone(kind, [2, 3]), focal: 2, smoothing: 0.1 };
    const before = tf.memory().numTensors;
    emotionLoss(logits, labels, present, options).dispose();
    const { value, grad } = tf.valueAndGrad((z) => emotionLoss(z as tf.Tensor2D, labels, present, options))(logits);
    tf.dispose([value, grad]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('probabilities are of each emotion alone, or share 1', () => {
    const logits = tf.tensor2d([[0, Math.log(3), 0]]);
    const of = (kind: EmotionLossOptions['kind']) => [...emotionProbabilities(logits, kind).dataSync()];
    expect(of('bce')).toEqual([0.5, expect.closeTo(0.75, 6), 0.5]);
    expect(of('softmax-ce')).toEqual([0.2, 0.6, 0.2].map((p) => expect.closeTo(p, 6)));
  });

  test('of a category: above a half for the most probable one alone, none among them', () => {
    const rows = fc.array(fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 4, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(rows, (rows) => {
        const logits = tf.tensor2d(rows);
        const found = emotionProbabilities(logits, 'category-ce').arraySync();
        const single = logits.arraySync();
        single.forEach((row, b) => {
          row.slice(0, 3).forEach((logit, c) => {
            const rival = Math.max(...row.filter((_, other) => other !== c));
            expect(found[b]![c]).toBeCloseTo(1 / (1 + Math.exp(rival - logit)), 5);
          });
        });
      }),
      { numRuns: 20 },
    );
    const [first, none] = emotionProbabilities(
      tf.tensor2d([
        [2, 1, 0],
        [0, 1, 2],
      ]),
      'category-ce',
    ).arraySync();
    expect([first, none].map((row) => row!.map((p) => p > 0.5))).toEqual([
      [true, false],
      [false, false],
    ]);
  });

  test('by hand: category-ce shares a sample among its emotions, and one without any is of none', () => {
    const labels = [
      [1, 1],
      [0, 0],
    ];
    const logits = [
      [0, Math.log(2), 0],
      [0, 0, Math.log(2)],
    ];
    const { loss } = lossAndGradient({ logits, labels, present: [1, 1], options: { kind: 'category-ce' } });
    expect(loss).toBeCloseTo(((Math.log(4) + Math.log(2)) / 2 + Math.log(2)) / 2, 6);
  });

  test('errors say what was expected and found', () => {
    const [logits, labels, present] = [
      tf.zeros<tf.Rank.R2>([2, 3]),
      tf.zeros<tf.Rank.R2>([2, 3]),
      tf.ones<tf.Rank.R1>([2]),
    ];
    const bce = (options: object) => () => emotionLoss(logits, labels, present, { kind: 'bce', ...options });
    expect(() => emotionLoss(logits, tf.zeros([1, 3]), present, { kind: 'bce' })).toThrow(
      'emotionLoss labels: expected [2, 3], got [1, 3]',
    );
    expect(() => emotionLoss(logits, labels, tf.ones([3]), { kind: 'bce' })).toThrow(
      'emotionLoss present: expected [2], got [3]',
    );
    expect(bce({ classWeights: [1, 2] })).toThrow('emotionLoss classWeights: expected 3 numbers, got 2');
    expect(bce({ classWeights: [1, -2, 1] })).toThrow('expected numbers of 0 or more, got -2');
    expect(() => emotionLoss(logits, labels, present, { kind: 'category-ce' })).toThrow(
      'emotionLoss labels: expected [2, 2], got [2, 3]',
    );
    expect(bce({ smoothing: 2 })).toThrow('emotionLoss smoothing: expected 0 .. 1, got 2');
    expect(bce({ focal: -1 })).toThrow('emotionLoss focal: expected a gamma of 0 or more, got -1');
  });
});

test('default thresholds: even odds, or more than an equal share', () => {
  expect(defaultThreshold('bce', 6)).toBe(0.5);
  expect(defaultThreshold('category-ce', 6)).toBe(0.5);
  expect(defaultThreshold('softmax-ce', 6)).toBe(1 / 6);
});
