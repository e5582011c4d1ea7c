import { accuracy, type Metric, mae, pearson, roundHalfEven, weightedF1 } from './basics';

export type SentimentMetrics = {
  count: number;
  /** Mean absolute error on -3 .. +3. */ mae: Metric;
  /** Pearson's correlation. */ corr: Metric;
  /** Accuracy after clipping to [-3, 3] and rounding. */ acc7: Metric;
  /** Accuracy after clipping to [-2, 2] and rounding. */ acc5: Metric;
  /** >= 0 against < 0, all samples; undefined where the labels are of one class. */ has0: { acc2: Metric; f1: Metric };
  /** > 0 against the rest, samples labelled 0 left out; undefined where the other labels are of one class. */ non0: {
    acc2: Metric;
    f1: Metric;
  };
};

/**
 * The sentiment metrics of the MOSI and MOSEI literature, as MMSA computes them; F1 is weighted, shares are 0 .. 1.
 *
 * @param predictions any finite number; only acc7 and acc5 clip
 * @param labels -3 .. +3, one a prediction
 * @throws If the lengths differ, or at a NaN or infinity.
 * @see MMoLRE, section IV-A3
 */
export function sentimentMetrics(predictions: readonly number[], labels: readonly number[]): SentimentMetrics {
  const classes = (limit: number, scores: readonly number[]) => scores.map((score) => sentimentClass(score, limit));
  const acc = (limit: number) => accuracy(classes(limit, predictions), classes(limit, labels));
  const two = (p: boolean[], y: boolean[]) =>
    new Set(y).size < 2 ? { acc2: undefined, f1: undefined } : { acc2: accuracy(p, y), f1: weightedF1(p, y) };
  const nonZero = labels.flatMap((label, i) => (label === 0 ? [] : [i]));
  return {
    count: labels.length,
    mae: mae(predictions, labels),
    corr: pearson(predictions, labels),
    acc7: acc(3),
    acc5: acc(2),
    has0: two(
      predictions.map((p) => p >= 0),
      labels.map((y) => y >= 0),
    ),
    non0: two(
      nonZero.map((i) => predictions[i]! > 0),
      nonZero.map((i) => labels[i]! > 0),
    ),
  };
}

/** The class of a score for Acc7 (limit 3) and Acc5 (limit 2): clipped, then rounded half to even. */
export const sentimentClass = (score: number, limit: number): number =>
  roundHalfEven(Math.max(-limit, Math.min(limit, score)));
