import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export type BatchOptions = {
  batchSize: number;
  seed: number;
  /** Counts from 0; each epoch has its own order. */
  epoch: number;
  /** Each sample's length in any unit. If given, samples of similar length share a batch, which saves padding. */
  lengths?: ArrayLike<number>;
};

/** So many batches are sorted by length at a time: enough to save most padding, few enough to stay random. */
const BATCHES_PER_BUCKET = 16;

/**
 * The order of one epoch: the indices 0 to count - 1, each once, cut into batches. The last batch of an unbucketed epoch may be smaller.
 * A pure function of its arguments, so a run that is taken up again goes on with the same batches.
 *
 * @throws RangeError if `batchSize` is no positive integer or `lengths` has another length than `count`.
 */
export function batches(count: number, { batchSize, seed, epoch, lengths }: BatchOptions): number[][] {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batchSize: expected a positive integer, found ${batchSize}`);
  }
  if (lengths && lengths.length !== count) {
    throw new RangeError(`lengths: expected ${count} of them, found ${lengths.length}`);
  }
  const random = xoroshiro128plus(mix(mix(seed) ^ epoch));
  const shuffle = <T>(items: T[]): T[] => {
    for (let i = items.length - 1; i > 0; i--) {
      const j = uniformInt(random, 0, i);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  };

  const order = shuffle(Array.from({ length: count }, (_, index) => index));
  if (!lengths) return slices(order, batchSize);
  const buckets = slices(order, batchSize * BATCHES_PER_BUCKET);
  return shuffle(
    buckets.flatMap((bucket) =>
      slices(
        bucket.sort((a, b) => lengths[a]! - lengths[b]!),
        batchSize,
      ),
    ),
  );
}

function slices<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Scatters neighbouring integers over 32 bits (the finisher of MurmurHash3). */
function mix(value: number): number {
  let h = (value + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
