import { type Metric, mean } from './basics';
import { checkFinite, checkSameLength } from './check';

/** Samples whose probability is above `low` and at most `high`; the first bin has 0 too. */
export type CalibrationBin = {
  low: number;
  high: number;
  count: number;
  /** Mean probability of its samples. */ said: Metric;
  /** Share of its samples that have it. */ was: Metric;
};

export type Calibration = {
  /** Mean squared difference between probability and presence. */ brier: Metric;
  /** Expected calibration error: the bins' mean difference between `said` and `was`, weighted by their counts. */ ece: Metric;
  bins: CalibrationBin[];
};

/**
 * Whether what is said to be 70 % probable is there in 70 % of the cases.
 *
 * @param probabilities 0 .. 1
 * @param present One a probability.
 * @param numBins Of equal width.
 * @throws If the lengths differ, or at a probability that is none.
 */
export function calibration(
  probabilities: readonly number[],
  present: readonly boolean[],
  numBins: number,
): Calibration {
  checkSameLength('calibration', probabilities, present);
  checkFinite('calibration', probabilities);
  const outside = probabilities.findIndex((p) => p < 0 || p > 1);
  if (outside >= 0)
    throw new Error(`calibration: expected 0 to 1, found ${probabilities[outside]} at index ${outside}`);
  const members = Array.from({ length: numBins }, (): number[] => []);
  probabilities.forEach((p, i) => {
    members[Math.max(0, Math.ceil(p * numBins) - 1)]!.push(i);
  });
  const bins = members.map((indices, b) => ({
    low: b / numBins,
    high: (b + 1) / numBins,
    count: indices.length,
    said: mean(indices.map((i) => probabilities[i]!)),
    was: mean(indices.map((i) => Number(present[i]))),
  }));
  return {
    brier: mean(probabilities.map((p, i) => (p - Number(present[i])) ** 2)),
    ece: mean(bins.flatMap(({ count, said, was }) => new Array<number>(count).fill(Math.abs(said! - was!)))),
    bins,
  };
}
