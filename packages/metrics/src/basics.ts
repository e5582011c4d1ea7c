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

/** Mean absolute error. */
export function mae(predictions: readonly number[], labels: readonly number[]): Metric {
  return mean(predictions.map((p, i) => Math.abs(p - labels[i]!)));
}

/** Pearson's correlation; undefined where either side is constant. */
export function pearson(xs: readonly number[], ys: readonly number[]): Metric {
  const [mx, my] = [mean(xs), mean(ys)];
  if (mx === undefined || my === undefined) return undefined;
  let [xy, xx, yy] = [0, 0, 0];
  xs.forEach((x, i) => {
    const [dx, dy] = [x - mx, ys[i]! - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  });
  return xx === 0 || yy === 0 ? undefined : xy / Math.sqrt(xx * yy);
}

/** Share of equal entries. */
export function accuracy<T>(predictions: readonly T[], labels: readonly T[]): Metric {
  return mean(predictions.map((p, i) => (p === labels[i] ? 1 : 0)));
}

/** F1 of one class, as scikit-learn: 0 where it is neither predicted nor present among the rest; undefined without samples. */
export function f1<T>(predictions: readonly T[], labels: readonly T[], positive: T): Metric {
  if (labels.length === 0) return undefined;
  let [hits, predicted, present] = [0, 0, 0];
  labels.forEach((label, i) => {
    const says = predictions[i] === positive;
    if (says) predicted += 1;
    if (label === positive) present += 1;
    if (says && label === positive) hits += 1;
  });
  return predicted + present === 0 ? 0 : (2 * hits) / (predicted + present);
}

/** F1 of each class that occurs, weighted by how often the labels have it (scikit-learn's `average='weighted'`). */
export function weightedF1<T>(predictions: readonly T[], labels: readonly T[]): Metric {
  if (labels.length === 0) return undefined;
  let sum = 0;
  for (const cls of new Set(labels)) sum += f1(predictions, labels, cls)! * labels.filter((label) => label === cls).length;
  return sum / labels.length;
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): Metric {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
