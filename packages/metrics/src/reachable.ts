import type { Printed } from './printed';

/** Whole numbers from `low` to `high`, both included. */
export type Range = { low: number; high: number };

/** The whole numbers of right answers among n that are printed as this accuracy; none if `low` is above `high`. */
function rightAnswers(accuracy: Printed, n: number): Range {
  return { low: Math.max(0, Math.ceil(accuracy.low * n)), high: Math.min(n, Math.floor(accuracy.high * n)) };
}

/** Whether any predictions of n samples have an accuracy that is printed so: 86.31 cannot be reached with 100. */
export function accuracyReachable(accuracy: Printed, n: number): boolean {
  const { low, high } = rightAnswers(accuracy, n);
  return low <= high;
}

/** What is known of the samples that a pair of accuracy and weighted F1 was computed of. */
export type PairSamples = { n: number /** How many of them are positive. */; positives: Range };

/**
 * Whether any predictions have both this accuracy and this weighted F1 of two classes.
 *
 * Every confusion matrix is looked at. With so many right answers, so many of them positive (tp), the two classes' F1 are known, and their
 * weighted mean is a line over the number of positive samples: a division finds those that are printed so.
 *
 * @param weights Whose numbers weigh the classes.
 */
export function weightedF1Reachable(
  accuracy: Printed,
  f1: Printed,
  { n, positives }: PairSamples,
  weights: 'labels' | 'predictions',
): boolean {
  const right = rightAnswers(accuracy, n);
  for (let k = right.low; k <= right.high; k++) {
    const wrong = n - k;
    for (let tp = 0; tp <= k; tp++) {
      // Samples of one class only have no F1.
      const low = Math.max(tp, positives.low, 1);
      const high = Math.min(tp + wrong, positives.high, n - 1);
      if (low > high) continue;
      const ofPositives = tp === 0 ? 0 : (2 * tp) / (2 * tp + wrong);
      const ofNegatives = k === tp ? 0 : (2 * (k - tp)) / (2 * (k - tp) + wrong);
      // Of `P` positive samples, 2 tp + wrong - P are predicted to be.
      const weight = weights === 'labels' ? { low, high } : { low: 2 * tp + wrong - high, high: 2 * tp + wrong - low };
      if (hits(ofNegatives, (ofPositives - ofNegatives) / n, weight, f1)) return true;
    }
  }
  return false;
}

/** Whether `start + slope * x` is printed so for a whole x of the range. */
function hits(start: number, slope: number, { low, high }: Range, printed: Printed): boolean {
  if (slope === 0) return start >= printed.low && start <= printed.high;
  const [a, b] = [(printed.low - start) / slope, (printed.high - start) / slope];
  return Math.max(low, Math.ceil(Math.min(a, b))) <= Math.min(high, Math.floor(Math.max(a, b)));
}

/**
 * The weighted F1 of a predictor that says the same of every sample, which is right with the share a: 2a²/(1 + a), and with the weights of
 * the predictions 2a/(1 + a).
 */
export const oneAnswerF1 = (a: number, weights: 'labels' | 'predictions'): number =>
  ((weights === 'labels' ? a : 1) * 2 * a) / (1 + a);
