import { type Metric, mean } from '../basics';
import { type BinaryCounts, binaryScores } from '../binary-scores';
import { CATEGORIES, category, NONE } from '../emotion-metrics';
import { sentimentClass } from '../sentiment-metrics';
import type { Predictions } from './predictions';

// N samples, T terms

/** Metrics by the names that a table of claims has for them. */
export type Figures = Record<string, Metric>;

/**
 * A task's metrics as a function of sums over its samples. What each sample adds is computed once, so that a resample costs sums alone.
 */
export type Task = {
  count: number;
  /** [T][N]: what each sample adds to each sum. */ terms: Float64Array[];
  /** The metrics of these sums, [T]. */ figures(sums: readonly number[]): Figures;
  /** The counts of the metrics of two classes, by the name of the accuracy. */
  counts(sums: readonly number[]): Record<string, BinaryCounts>;
};

/** The sums over all samples, each as often as its weight says; once without weights. */
export const sumsOf = ({ count, terms }: Task, weights = new Float64Array(count).fill(1)): number[] =>
  terms.map((term) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += term[i]! * weights[i]!;
    return sum;
  });

/** The name of the weighted F1 beside an accuracy: `f1_has0` of `acc2_has0`, `fear_f1` of `fear_accuracy`. */
export const f1Beside = (accuracy: string): string => accuracy.replace(/^acc2_/, 'f1_').replace(/_accuracy$/, '_f1');

/** Sentiment: mae, corr, acc7, acc5, and accuracy and F1 with zeros and without. */
export function sentimentTask({ scores, labels }: NonNullable<Predictions['sentiment']>): Task {
  const [x, y] = [scores, labels].map((values) => Float64Array.from(values, (value) => value - values[0]!));
  const each = (term: (score: number, label: number) => number) =>
    Float64Array.from(scores, (score, i) => term(score, labels[i]!));
  const sameClass = (limit: number) =>
    each((score, label) => Number(sentimentClass(score, limit) === sentimentClass(label, limit)));
  const plain = [
    each(() => 1),
    each((score, label) => Math.abs(score - label)),
    sameClass(3),
    sameClass(2),
    ...[x!, y!, times(x!, x!), times(y!, y!), times(x!, y!)],
  ];
  const has0 = binaryTerms(scores.length, (i) => ({ says: scores[i]! >= 0, has: labels[i]! >= 0 }));
  const non0 = binaryTerms(scores.length, (i) =>
    labels[i] === 0 ? undefined : { says: scores[i]! > 0, has: labels[i]! > 0 },
  );
  const counts: Task['counts'] = (sums) => ({
    acc2_has0: countsAt(sums, plain.length),
    acc2_non0: countsAt(sums, plain.length + 4),
  });
  return {
    count: scores.length,
    terms: [...plain, ...has0, ...non0],
    counts,
    figures(sums) {
      const [n, error, right7, right5, ...moments] = sums as [number, number, number, number, ...number[]];
      const share = (sum: number) => (n === 0 ? undefined : sum / n);
      return {
        mae: share(error),
        corr: correlation(n, moments),
        acc7: share(right7),
        acc5: share(right5),
        ...binaryFigures(counts(sums)),
      };
    },
  };
}

/** Emotions: accuracy, F1 and Brier score of each, their means, and the mean recall of the category. */
export function emotionTask(
  { names, probabilities, labels }: NonNullable<Predictions['emotions']>,
  thresholds: readonly number[],
): Task {
  const has = (i: number, c: number) => labels[i]![c]! > 0;
  const perEmotion = names.flatMap((_, c) => [
    ...binaryTerms(labels.length, (i) => ({ says: probabilities[i]![c]! > thresholds[c]!, has: has(i, c) })),
    Float64Array.from(labels, (_, i) => (probabilities[i]![c]! - Number(has(i, c))) ** 2),
  ]);
  const truths = labels.map((_, i) => {
    const present = names.filter((_, c) => has(i, c));
    return present.length > 1 ? undefined : (present[0] ?? NONE);
  });
  const answers = probabilities.map((row) => category(row, thresholds, names));
  const recalls = CATEGORIES.flatMap((name) => [
    Float64Array.from(truths, (truth) => Number(truth === name)),
    Float64Array.from(truths, (truth, i) => Number(truth === name && answers[i] === name)),
  ]);
  const countsOf = (sums: readonly number[], c: number) => countsAt(sums, 5 * c);
  const counts: Task['counts'] = (sums) =>
    Object.fromEntries(names.map((name, c) => [`${name}_accuracy`, countsOf(sums, c)]));
  return {
    count: labels.length,
    terms: [...perEmotion, ...recalls],
    counts,
    figures(sums) {
      const scores = names.map((_, c) => binaryScores(countsOf(sums, c)));
      const briers = names.map((name, c) => {
        const { tp, fp, fn, tn } = countsOf(sums, c);
        const n = tp + fp + fn + tn;
        return [`${name}_brier`, n === 0 ? undefined : sums[5 * c + 4]! / n];
      });
      return {
        ...binaryFigures(counts(sums)),
        ...Object.fromEntries(briers),
        mean_accuracy: mean(scores.map(({ accuracy }) => accuracy)),
        mean_f1: mean(scores.map(({ weightedF1 }) => weightedF1)),
        mean_f1_by_prediction: mean(scores.map(({ weightedF1ByPrediction }) => weightedF1ByPrediction)),
        mean_f1_positive: mean(scores.map(({ f1 }) => f1)),
        category_recall: mean(
          CATEGORIES.map((_, r) => {
            const [count, hits] = [sums[5 * names.length + 2 * r]!, sums[5 * names.length + 2 * r + 1]!];
            return count === 0 ? undefined : hits / count;
          }),
        ),
      };
    },
  };
}

/** [4][N]: 1 where a sample is one of the four cases; all 0 where it is left out. */
function binaryTerms(n: number, at: (i: number) => { says: boolean; has: boolean } | undefined): Float64Array[] {
  const samples = Array.from({ length: n }, (_, i) => at(i));
  return [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ].map(([says, has]) => Float64Array.from(samples, (sample) => Number(sample?.says === says && sample?.has === has)));
}

const countsAt = (sums: readonly number[], at: number): BinaryCounts => ({
  ...{ tp: sums[at]!, fp: sums[at + 1]! },
  ...{ fn: sums[at + 2]!, tn: sums[at + 3]! },
});

const binaryFigures = (counts: Record<string, BinaryCounts>): Figures =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([name, of]) => {
      const { accuracy, weightedF1, weightedF1ByPrediction, f1 } = binaryScores(of);
      const beside = f1Beside(name);
      return [
        [name, accuracy],
        [beside, weightedF1],
        [`${beside}_by_prediction`, weightedF1ByPrediction],
        [`${beside}_positive`, f1],
      ];
    }),
  );

const times = (a: Float64Array, b: Float64Array) => a.map((value, i) => value * b[i]!);

/** Pearson's correlation from sums of x, y, xx, yy and xy; undefined where one is constant. */
function correlation(n: number, moments: readonly number[]): Metric {
  const [x, y, xx, yy, xy] = moments as [number, number, number, number, number];
  const [spreadX, spreadY] = [n * xx - x * x, n * yy - y * y];
  // What is constant has no spread but for rounding.
  if (!(spreadX > 1e-12 * n * xx && spreadY > 1e-12 * n * yy)) return undefined;
  return Math.max(-1, Math.min(1, (n * xy - x * y) / (Math.sqrt(spreadX) * Math.sqrt(spreadY))));
}
