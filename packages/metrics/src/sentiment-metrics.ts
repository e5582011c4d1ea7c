import { accuracy, type Metric, mae, pearson, roundHalfEven, weightedF1 } from './basics';

export type SentimentMetrics = {
  count: number;
  /** Mean absolute error on -3 .. +3. */ mae: Metric;
  /** Pearson's correlation. */ corr: Metric;
  /** Accuracy after clipping to [-3, 3] and rounding. */ acc7: Metric;
  /** Accuracy after clipping to [-2, 2] and rounding. */ acc5: Metric;
  /** >= 0 against < 0, all samples. */ has0: { acc2: Metric; f1: Metric };
  /** > 0 against the rest, samples labelled 0 left out. */ non0: { acc2: Metric; f1: Metric };
};

/** The seven sentiment metrics of the MOSI and MOSEI literature, as MMSA computes them; F1 is weighted. @see MMoLRE, section IV-A3 */
export function sentimentMetrics(predictions: readonly number[], labels: readonly number[]): SentimentMetrics {
  const rounded = (limit: number) => (x: number) => roundHalfEven(Math.max(-limit, Math.min(limit, x)));
  const acc = (limit: number) => accuracy(predictions.map(rounded(limit)), labels.map(rounded(limit)));
  const two = (p: boolean[], y: boolean[]) => ({ acc2: accuracy(p, y), f1: weightedF1(p, y) });
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
