import { visibleDifference } from './power';

/** Starting a run, decoding, simple models and the test, beside the seconds of training. */
const AROUND_SECONDS = 30;
/** Of the time, so much is planned. */
const PLANNED = 0.9;
/** Of the recall between seeds of one model on the published split, as benchmarks/LOG.md has it. */
const SEED_DEVIATION = 0.07;

/**
 * How many whole blocks the time holds, at least one: all models on the same fold with the same seed, so that each comparison is paired.
 *
 * @param seconds What the trained runs of each model took; of a model that has none, it is that of the first.
 */
export function blocksWithin(
  minutes: number,
  models: readonly string[],
  seconds: ReadonlyMap<string, number[]>,
): number {
  const longest = (name: string) => Math.max(...(seconds.get(name) ?? seconds.get(models[0]!) ?? []));
  const block = models.reduce((sum, name) => sum + longest(name) + AROUND_SECONDS, 0);
  return Math.max(1, Math.floor((PLANNED * 60 * minutes) / block));
}

/** Which fold and seed a block has, from 1: all folds with the first seed, then with the next. @param index From 0. */
export const blockAt = (index: number, folds: number): { fold: number; seed: number } => ({
  fold: 1 + (index % folds),
  seed: 1 + Math.floor(index / folds),
});

/** What the design sees, before anything but one run is known: a line. */
export function designLine(blocks: number, folds: number, models: number): string {
  const { seed } = blockAt(blocks - 1, folds);
  const size = `${blocks} block${blocks === 1 ? '' : 's'} of ${models} models (${Math.min(blocks, folds)} of ${folds} folds, seed${seed === 1 ? ' 1' : `s 1 .. ${seed}`})`;
  const visible = visibleDifference(Math.SQRT2 * SEED_DEVIATION, blocks);
  const sees = Number.isFinite(visible)
    ? `it sees a true difference of ${visible.toFixed(2)} in recall`
    : 'one block sees no difference, whatever its size';
  return `${size}: ${sees} (two-sided paired t-test over blocks at 5 %, power 80 %, recall deviating by ${SEED_DEVIATION} between seeds)`;
}
