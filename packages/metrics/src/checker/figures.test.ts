import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectMetrics } from '../../test/expect-metrics';
import { type Metric, weightedF1, weightedF1ByPrediction } from '../basics';
import { binaryCounts } from '../binary-scores';
import { calibration } from '../calibration';
import { confusionMatrix } from '../confusion-matrix';
import { emotionMetrics } from '../emotion-metrics';
import { sentimentMetrics } from '../sentiment-metrics';
import { emotionTask, sentimentTask, sumsOf, type Task } from './figures';

/** Accuracy, weighted F1 by truth and by prediction, F1 of the positive class; tn, fp, fn, tp. */
type TwoClasses = (number | null)[];
type Case = {
  p: number[];
  y: number[];
  q: number[];
  has: number[];
  threshold: number;
  sentiment: Record<'mae' | 'corr' | 'acc7' | 'acc5', number | null> & { has0: TwoClasses; non0: TwoClasses };
  emotion: { scores: TwoClasses; brier: number; ece: number | null };
};

const file = readFileSync(new URL('__fixtures__/cases.json.gz', import.meta.url));
const { cases } = JSON.parse(gunzipSync(file).toString()) as { cases: Case[] };
const figuresOf = (task: Task) => task.figures(sumsOf(task));

/** To 1e-6; null stands for undefined. */
function expectClose(found: Record<string, Metric>, expected: Record<string, number | null>, name: string) {
  for (const [key, value] of Object.entries(expected)) {
    if (value === null) expect(found[key], `${name} ${key}`).toBeUndefined();
    else expect(Math.abs(found[key]! - value), `${name} ${key}: ${found[key]}`).toBeLessThan(1e-6);
  }
}

const named = (accuracy: string, f1: string, [acc, byTruth, byPrediction, positive]: TwoClasses) => ({
  ...{ [accuracy]: acc!, [f1]: byTruth!, [`${f1}_by_prediction`]: byPrediction!, [`${f1}_positive`]: positive! },
});
const counted = ([, , , , tn, fp, fn, tp]: TwoClasses) => ({ tp, fp, fn, tn });

test('1,000 random and degenerate cases are as numpy, scipy and scikit-learn have them', () => {
  expect(cases.length).toBe(1000);
  for (const [i, { p, y, q, has, threshold, sentiment, emotion }] of cases.entries()) {
    const { has0, non0, ...plain } = sentiment;
    const ofSentiment = sentimentTask({ scores: p, labels: y });
    const expected = { ...plain, ...named('acc2_has0', 'f1_has0', has0), ...named('acc2_non0', 'f1_non0', non0) };
    expectClose(figuresOf(ofSentiment), expected, `case ${i}`);
    expect(ofSentiment.counts(sumsOf(ofSentiment))).toEqual({ acc2_has0: counted(has0), acc2_non0: counted(non0) });

    const present = has.map((value) => value > 0);
    const rows = {
      names: ['fear'],
      probabilities: q.map((v) => [v]),
      labels: has.map((v) => [v]),
      categories: undefined,
    };
    const ofEmotions = emotionTask(rows, [threshold]);
    const scores = named('fear_accuracy', 'fear_f1', emotion.scores);
    expectClose(figuresOf(ofEmotions), { ...scores, fear_brier: emotion.brier }, `case ${i}`);
    const found = calibration(q, present, 10);
    expect(found.brier).toBeCloseTo(emotion.brier, 9);
    if (emotion.ece !== null) expect(found.ece).toBeCloseTo(emotion.ece, 9);

    const says = q.map((value) => value > threshold);
    const [tp, fp, fn, tn] = Object.values(counted(emotion.scores));
    expect(confusionMatrix(says, present, [false, true])).toEqual([
      [tn, fp],
      [fn, tp],
    ]);
    expect(binaryCounts(says, present)).toEqual(counted(emotion.scores));
    if (emotion.scores[0] === null) continue;
    expect(weightedF1(says, present)).toBeCloseTo(emotion.scores[1]!, 9);
    expect(weightedF1ByPrediction(says, present)).toBeCloseTo(emotion.scores[2]!, 9);
  }
});

const score = fc.integer({ min: -40, max: 40 }).map((n) => n / 10);
const pairs = fc.array(fc.tuple(score, score), { maxLength: 20 });
const sentimentOf = (samples: readonly (readonly [number, number])[]) =>
  sentimentTask({ scores: samples.map(([p]) => p), labels: samples.map(([, y]) => y) });

describe('sums over samples', () => {
  test('give what sentimentMetrics gives', () => {
    fc.assert(
      fc.property(pairs, (samples) => {
        const { count, has0, non0, ...plain } = sentimentMetrics(
          samples.map(([p]) => p),
          samples.map(([, y]) => y),
        );
        const { mae, corr, acc7, acc5, acc2_has0, f1_has0, acc2_non0, f1_non0 } = figuresOf(sentimentOf(samples));
        expectMetrics({ mae, corr, acc7, acc5 }, plain);
        expectMetrics({ acc2: acc2_has0, f1: f1_has0 }, has0);
        expectMetrics({ acc2: acc2_non0, f1: f1_non0 }, non0);
      }),
    );
  });

  test('give what emotionMetrics gives', () => {
    const names = ['anger', 'fear', 'surprise'];
    const share = fc.integer({ min: 0, max: 10 }).map((n) => n / 10);
    const row = fc.tuple(...names.map(() => fc.tuple(share, fc.constantFrom(0, 0, 1))));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const probabilities = rows.map((cells) => cells.map(([p]) => p!));
        const labels = rows.map((cells) => cells.map(([, y]) => y!));
        const thresholds = [0.5, 0.3, 0.6];
        const expected = emotionMetrics(probabilities, labels, thresholds, names);
        const found = figuresOf(emotionTask({ names, probabilities, labels, categories: undefined }, thresholds));
        for (const name of names) {
          const { accuracy, weightedF1, f1 } = expected.perEmotion[name]!;
          const own = { accuracy: found[`${name}_accuracy`], weightedF1: found[`${name}_f1`] };
          expectMetrics({ ...own, f1: found[`${name}_f1_positive`] }, { accuracy, weightedF1, f1 });
        }
        const { mean_accuracy, mean_f1, mean_f1_positive, category_recall } = found;
        expectMetrics({ accuracy: mean_accuracy, weightedF1: mean_f1, f1: mean_f1_positive }, expected.mean);
        expectMetrics({ category_recall }, { category_recall: expected.categoryRecall.mean });
      }),
    );
  });

  test('with weights are those of samples that occur so often', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(score, score, fc.nat({ max: 3 })), { minLength: 1, maxLength: 12 }), (rows) => {
        const task = sentimentOf(rows.map(([p, y]) => [p, y]));
        const weights = Float64Array.from(rows, ([, , weight]) => weight);
        const repeated = rows.flatMap(([p, y, weight]) => new Array<[number, number]>(weight).fill([p, y]));
        expectMetrics(task.figures(sumsOf(task, weights)), figuresOf(sentimentOf(repeated)));
      }),
    );
  });
});
