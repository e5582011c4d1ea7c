/** Where a training stands, in steps and epochs of `perEpoch` steps. */
export type TrainingStand = {
  /** Steps that are done, */ step: number;
  /** of so many at most. */ steps: number;
  perEpoch: number;
  /** Epochs that have ended, and so were validated. */ epoch: number;
  /** The best of them, from 1; 0 before the first. */ bestEpoch: number;
  /** Epochs without a better one after which training ends. */ patience: number;
};

/**
 * How many steps are likely left: as many as are configured, or fewer where early stopping is likely to come first.
 *
 * It is a rule of thumb that does not look at the losses. What has got better for b epochs is guessed to get better for b more, and the
 * less so the longer it has not: of the b, the share of patience that is left is counted. After that comes patience, epoch for epoch. So it is
 * never less than what patience leaves if nothing gets better, nor more than what is configured, and it is too low at the start of a training
 * that goes on getting better. Before the first validation nothing is known: it is what is configured.
 */
export function stepsLeft({ step, steps, perEpoch, epoch, bestEpoch, patience }: TrainingStand): number {
  if (epoch === 0) return Math.max(0, steps - step);
  const patienceLeft = Math.max(0, patience - (epoch - bestEpoch));
  const lastBest = bestEpoch + Math.round((bestEpoch * patienceLeft) / patience);
  return Math.max(0, Math.min(steps, (lastBest + patience) * perEpoch) - step);
}
