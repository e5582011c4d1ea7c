import { CATEGORIES } from '@mmolre/metrics';
import { mean } from 'simple-statistics';

/** What models are compared by. */
export const METRICS = ['recall', 'correlation', 'error'] as const;
export type Metric = (typeof METRICS)[number];

/** One test sample. */
export type TestRow = {
  id: string;
  /** Its recording, which other rows may have too; by its path, or its own id where it has none. */ clip: string;
  sentiment?: number;
  /** Its one emotion, or none; undefined of several, and where it is not labelled. */ category?: string;
};

/** What a model says of each row of a block, of the tasks that it has. */
export type Scores = { sentiment?: readonly number[]; category?: readonly string[] };

/** What was trained on the same samples with the same seed, and says something of the same test rows. */
export type Block = {
  fold: number;
  seed: number;
  rows: readonly TestRow[];
  scores: ReadonlyMap<string, Scores>;
};

/** A figure of some rows, each counted as often as its weight says; undefined where there is none, as of a constant's correlation. */
export type Figure = (weights: ArrayLike<number>) => number | undefined;

/** A model's figure on a block; undefined of a task that the model lacks, and without labels. */
export function figureOf(metric: Metric, { rows, scores }: Block, name: string): Figure | undefined {
  const { sentiment, category } = scores.get(name) ?? {};
  if (metric === 'recall') {
    if (!category) return undefined;
    const truth = rows.map((row) => CATEGORIES.indexOf(row.category ?? ''));
    const labelled = rows.flatMap((_, i) => (truth[i]! >= 0 ? [i] : []));
    const hits = Uint8Array.from(rows, (row, i) => Number(category[i] === row.category));
    return labelled.length === 0 ? undefined : recall(labelled, truth, hits);
  }
  const labelled = rows.flatMap((row, i) => (row.sentiment === undefined ? [] : [i]));
  if (!sentiment || labelled.length === 0) return undefined;
  const truth = Float64Array.from(rows, (row) => row.sentiment ?? 0);
  return (metric === 'error' ? error : correlation)(labelled, truth, Float64Array.from(sentiment));
}

/** The mean over the categories that occur of the share that is recognised. */
function recall(labelled: readonly number[], truth: ArrayLike<number>, hits: ArrayLike<number>): Figure {
  return (weights) => {
    const found = new Float64Array(CATEGORIES.length);
    const all = new Float64Array(CATEGORIES.length);
    for (const i of labelled) {
      all[truth[i]!]! += weights[i]!;
      found[truth[i]!]! += weights[i]! * hits[i]!;
    }
    const recalls = Array.from(all, (count, c) => found[c]! / count).filter((_, c) => all[c]! > 0);
    return recalls.length === 0 ? undefined : mean(recalls);
  };
}

/** The mean absolute error. */
function error(labelled: readonly number[], truth: ArrayLike<number>, says: ArrayLike<number>): Figure {
  return (weights) => {
    let [sum, count] = [0, 0];
    for (const i of labelled) {
      sum += weights[i]! * Math.abs(says[i]! - truth[i]!);
      count += weights[i]!;
    }
    return count === 0 ? undefined : sum / count;
  };
}

/** Pearson's. */
function correlation(labelled: readonly number[], truth: ArrayLike<number>, says: ArrayLike<number>): Figure {
  return (weights) => {
    let [n, x, y] = [0, 0, 0];
    for (const i of labelled) {
      n += weights[i]!;
      x += weights[i]! * says[i]!;
      y += weights[i]! * truth[i]!;
    }
    let [xx, yy, xy] = [0, 0, 0];
    for (const i of labelled) {
      const [dx, dy] = [says[i]! - x / n, truth[i]! - y / n];
      xx += weights[i]! * dx * dx;
      yy += weights[i]! * dy * dy;
      xy += weights[i]! * dx * dy;
    }
    return xx > TINY * n && yy > TINY * n ? xy / Math.sqrt(xx * yy) : undefined;
  };
}

/** A variance that is only rounding. */
const TINY = 1e-12;
