import { checkFinite, checkSameLength } from './check';

/** A metric, or `undefined` where it has no value: no samples, one class only, constant predictions. */
export type Metric = number | undefined;

/** The mean of the values that are defined. */
export function mean(values: readonly Metric[]): Metric {
  const defined = values.filter((value) => value !== undefined);
  return defined.length === 0 ? undefined : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** Rounds a half to the even neighbour, as numpy does and `Math.round` does not: 0.5 -> 0, 1.5 -> 2, -0.5 -> 0. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return floor + (up ? 1 : 0) + 0; // + 0 turns -0 into 0
}

/**
 * Mean absolute error; undefined without samples.
 *
 * @throws If the lengths differ, or at a NaN or infinity.
 */
export function mae(predictions: readonly number[], labels: readonly number[]): Metric {
  checkSameLength('mae', predictions, labels);
  checkFinite('mae predictions', predictions);
  checkFinite('mae labels', labels);
  return mean(predictions.map((p, i) => Math.abs(p - labels[i]!)));
}

/**
 * Pearson's correlation; undefined where either side is constant.
 *
 * @throws If the lengths differ, or at a NaN or infinity.
 */
export function pearson(xs: readonly number[], ys: readonly number[]): Metric {
  checkSameLength('pearson', xs, ys);
  checkFinite('pearson predictions', xs);
  checkFinite('pearson labels', ys);
  // Said outright: the mean of equal numbers can differ from them in the last digit.
  if (isConstant(xs) || isConstant(ys)) return undefined;
  const [mx, my] = [mean(xs)!, mean(ys)!];
  let [xy, xx, yy] = [0, 0, 0];
  xs.forEach((x, i) => {
    const [dx, dy] = [x - mx, ys[i]! - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  });
  const norm = Math.sqrt(xx) * Math.sqrt(yy);
  return norm === 0 ? undefined : Math.max(-1, Math.min(1, xy / norm));
}

const isConstant = (values: readonly number[]) => values.every((value) => value === values[0]);

/** Share of equal entries; undefined without samples. */
export function accuracy<T>(predictions: readonly T[], labels: readonly T[]): Metric {
  checkSameLength('accuracy', predictions, labels);
  return mean(predictions.map((p, i) => (p === labels[i] ? 1 : 0)));
}

/** F1 of one class; undefined where it is neither predicted nor present (scikit-learn warns and says 0). */
export function f1<T>(predictions: readonly T[], labels: readonly T[], positive: T): Metric {
  checkSameLength('f1', predictions, labels);
  let [hits, predicted, present] = [0, 0, 0];
  labels.forEach((label, i) => {
    const says = predictions[i] === positive;
    if (says) predicted += 1;
    if (label === positive) present += 1;
    if (says && label === positive) hits += 1;
  });
  return predicted + present === 0 ? undefined : (2 * hits) / (predicted + present);
}

/** F1 of each class that occurs, weighted by how often the labels have it (scikit-learn's `average='weighted'`). */
export function weightedF1<T>(predictions: readonly T[], labels: readonly T[]): Metric {
  checkSameLength('weightedF1', predictions, labels);
  if (labels.length === 0) return undefined;
  let sum = 0;
  for (const cls of new Set(labels))
    sum += f1(predictions, labels, cls)! * labels.filter((label) => label === cls).length;
  return sum / labels.length;
}

/**
 * The same with the weights of the predictions instead of the labels': scikit-learn's with its arguments exchanged. A known mistake of published
 * code (early MulT, MMSA before May 2021, and what was copied from them), for finding out which of the two a number is.
 */
export function weightedF1ByPrediction<T>(predictions: readonly T[], labels: readonly T[]): Metric {
  checkSameLength('weightedF1ByPrediction', predictions, labels);
  return weightedF1(labels, predictions);
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): Metric {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
