import { createRng, mixSeed } from '@mmolre/nn';
import { type Block, figureOf, type Metric, type Scores, type TestRow } from './block';

export type PermutationOptions = { /** Of the draws. */ seed: number; permutations: number };

/**
 * Two-sided p of a paired permutation test: how often the difference of a figure is as large as it is where the answers of two models to a clip,
 * all of its rows, are swapped or not by a coin. Of several pairs it is the mean difference, with the same coins for all.
 *
 * @param pairs The answers of two models to the rows, such as of the same seed.
 * @returns undefined where one has no such figure.
 */
export function permutationP(
  metric: Metric,
  rows: readonly TestRow[],
  pairs: readonly (readonly [Scores, Scores])[],
  { seed, permutations }: PermutationOptions,
): number | undefined {
  const ones = new Uint8Array(rows.length).fill(1);
  const figure = (scores: Scores): number | undefined => {
    const block: Block = { fold: 1, seed: 1, rows, scores: new Map([['it', scores]]) };
    return figureOf(metric, block, 'it')?.(ones);
  };
  const difference = (swapped: (row: number) => boolean): number | undefined => {
    let sum = 0;
    for (const [a, b] of pairs) {
      const [first, second] = [figure(mixed(a, b, swapped)), figure(mixed(b, a, swapped))];
      if (first === undefined || second === undefined) return undefined;
      sum += first - second;
    }
    return sum / pairs.length;
  };
  const found = difference(() => false);
  if (found === undefined || pairs.length === 0) return undefined;
  const clips = [...new Set(rows.map(({ clip }) => clip))];
  const clipOf = new Map(clips.map((clip, i) => [clip, i]));
  const at = rows.map(({ clip }) => clipOf.get(clip)!);
  let asLarge = 1; // the data themselves are one of the permutations
  for (let n = 0; n < permutations; n++) {
    const { uniform } = createRng(mixSeed(seed, n));
    const coins = clips.map(() => uniform() < 0.5);
    // Where a permutation has no figure, as the correlation of a constant, it says nothing against chance.
    const drawn = difference((row) => coins[at[row]!]!) ?? found;
    if (Math.abs(drawn) >= Math.abs(found) - TIE) asLarge += 1;
  }
  return asLarge / (permutations + 1);
}

/** What rounding may make of equal differences. */
const TIE = 1e-12;

/** The answers of a, and of b where they are swapped. */
const mixed = (a: Scores, b: Scores, swapped: (row: number) => boolean): Scores => ({
  ...(a.sentiment &&
    b.sentiment && { sentiment: a.sentiment.map((value, i) => (swapped(i) ? b.sentiment![i]! : value)) }),
  ...(a.category && b.category && { category: a.category.map((value, i) => (swapped(i) ? b.category![i]! : value)) }),
});
