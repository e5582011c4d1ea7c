import { median } from '@mmolre/metrics';
import type { Pruner } from './study-file';

/** The score of each epoch of a trial, from the first; lower is better. */
export type Curve = readonly number[];

/** Another trial of the study, as far as it has come. */
export type Rival = { curve: Curve /** Trained to its end. */; isComplete: boolean };

/** Whether a trial ends here, after the last epoch of its curve. What Optuna's pruners of these names decide, with epochs as steps. */
export function shouldPrune(pruner: Pruner, curve: Curve, rivals: readonly Rival[]): boolean {
  if (pruner === 'none' || curve.length === 0) return false;
  return 'median' in pruner ? byMedian(pruner.median, curve, rivals) : byHalving(pruner.halving, curve, rivals);
}

type Median = Extract<Pruner, { median: unknown }>['median'];
type Halving = Extract<Pruner, { halving: unknown }>['halving'];

/** Its best score up to now is worse than the median of the complete trials at this epoch. */
function byMedian({ startupTrials, warmupEpochs }: Median, curve: Curve, rivals: readonly Rival[]): boolean {
  const complete = rivals.filter(({ isComplete }) => isComplete);
  if (complete.length < startupTrials || curve.length < warmupEpochs) return false;
  const middle = median(complete.flatMap(({ curve: other }) => other[curve.length - 1] ?? []));
  return middle !== undefined && Math.min(...curve) > middle;
}

/**
 * At the epochs `minEpochs · reductionFactor ^ rung` a trial goes on if it is among the best `1 / reductionFactor` of all that have come there so far,
 * or the best while they are fewer than `reductionFactor`: asynchronous successive halving.
 *
 * @see Li et al., 2020, "A System for Massively Parallel Hyperparameter Tuning"
 */
function byHalving({ minEpochs, reductionFactor }: Halving, curve: Curve, rivals: readonly Rival[]): boolean {
  let rung = minEpochs;
  while (rung < curve.length) rung *= reductionFactor;
  if (rung > curve.length) return false;
  const own = curve[rung - 1]!;
  const values = [own, ...rivals.flatMap(({ curve: other }) => other[rung - 1] ?? [])].sort((a, b) => a - b);
  return own > values[Math.max(0, Math.floor(values.length / reductionFactor) - 1)]!;
}
