import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import { fitLogistic, sigmoid } from './linear';
import { type Features, scoresOf } from './rows';

/** The emotions, and last none of them. */
const COLUMNS = NUM_EMOTIONS + 1;
/** The score of what all samples have; the other way round, of what none has. */
const CERTAIN = 30;

const columnsOf = (labels: readonly number[]): boolean[] => {
  const present = labels.map((label) => label > 0);
  return [...present, !present.includes(true)];
};

/** Whether every sample has one emotion at most. */
export const isExclusive = (labels: readonly (readonly number[])[]): boolean =>
  labels.every((row) => row.filter((label) => label > 0).length <= 1);

/**
 * A logistic regression for each emotion and for none of them, each against the rest.
 *
 * @param labels One row a sample, above 0 = present.
 * @returns Weights, one row for each; undefined where all samples are alike, of which nothing can be learnt.
 */
export function fitEmotions(
  features: Features,
  labels: readonly (readonly number[])[],
  penalty: number,
): Float64Array[] | undefined {
  const rows = labels.map(columnsOf);
  const differ = Array.from({ length: COLUMNS }, (_, c) => rows.some((row) => row[c] !== rows[0]![c]));
  if (!differ.includes(true)) return undefined;
  return differ.map((differs, c) => {
    if (differs)
      return fitLogistic(
        features,
        rows.map((row) => row[c]!),
        penalty,
      );
    const weights = new Float64Array(features.width + 1);
    weights[features.width] = rows[0]![c] ? CERTAIN : -CERTAIN;
    return weights;
  });
}

/**
 * Each emotion's probability, above 0.5 where it is predicted. Where a sample can have one emotion at most, it is that against the likeliest of
 * the others, none included: one at most is predicted, and it is the likeliest.
 *
 * @returns [N][C]
 */
export function emotionScores(
  features: Features,
  weights: readonly ArrayLike<number>[],
  exclusive: boolean,
): number[][] {
  const scores = weights.map((one) => scoresOf(features, one));
  return Array.from({ length: features.count }, (_, i) => {
    const row = scores.map((column) => column[i]!);
    return Array.from({ length: NUM_EMOTIONS }, (_, c) => {
      const others = exclusive ? Math.max(...row.filter((_, other) => other !== c)) : 0;
      return sigmoid(row[c]! - others);
    });
  });
}
