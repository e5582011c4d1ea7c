import { accuracy, f1, type Metric, mean, weightedF1 } from './basics';
import { checkColumns, checkFinite, checkSameLength } from './check';

// N samples, C emotions; probabilities [N][C], labels [N][C] of 0 and 1, thresholds [C]

export type EmotionMetrics = {
  count: number;
  perEmotion: Record<string, EmotionMetric>;
  /** Over the emotions whose value is defined. */ mean: { accuracy: Metric; weightedF1: Metric; f1: Metric };
  categoryRecall: CategoryRecall;
};

/** All undefined for an emotion that the labels never have, or always have. */
export type EmotionMetric = {
  accuracy: Metric;
  /** F1 of presence and absence, weighted by support: the literature's WF1. */ weightedF1: Metric;
  /** F1 of presence alone; never predicting a rare emotion has a high WF1 and 0 here. */ f1: Metric;
  /** Share of samples that have it. */ prevalence: number;
  threshold: number;
};

export type CategoryRecall = {
  /** Over the categories that occur. Chance is one over their number. */ mean: Metric;
  /** Undefined for a category that no sample has. */
  perCategory: Record<string, Metric>;
  /** Samples of exactly one of the categories: those whose recall this is. */ count: number;
  /** The others: several emotions, or one that is no category (surprise). */ leftOut: number;
};

/** What `categoryRecall` calls a sample without any emotion. */
export const NONE = 'none';
/** The categories whose recall is averaged: EmoDB has no surprise, so an answer of surprise is a wrong one. */
export const CATEGORIES = ['anger', 'disgust', 'fear', 'happiness', 'sadness', NONE];

/**
 * Accuracy and F1 an emotion and their mean, present if the probability exceeds the threshold; and the category recall.
 *
 * @param probabilities [N][C], 0 .. 1
 * @param labels [N][C], above 0 = present
 * @param thresholds [C]
 * @param names [C], the emotions in the columns' order
 * @throws If the shapes differ, or at a NaN or infinity.
 * @see MMoLRE, section IV-A3
 */
export function emotionMetrics(
  probabilities: readonly (readonly number[])[],
  labels: readonly (readonly number[])[],
  thresholds: readonly number[],
  names: readonly string[],
): EmotionMetrics {
  checkRows('emotionMetrics', probabilities, labels, thresholds, names.length);
  const perEmotion = names.map((_, c): EmotionMetric => {
    const says = probabilities.map((row) => row[c]! > thresholds[c]!);
    const has = labels.map((row) => row[c]! > 0);
    const prevalence = mean(has.map(Number)) ?? 0;
    const oneClass = prevalence === 0 || prevalence === 1;
    return {
      accuracy: oneClass ? undefined : accuracy(says, has),
      weightedF1: oneClass ? undefined : weightedF1(says, has),
      f1: oneClass ? undefined : f1(says, has, true),
      prevalence,
      threshold: thresholds[c]!,
    };
  });
  return {
    count: labels.length,
    perEmotion: Object.fromEntries(names.map((name, c) => [name, perEmotion[c]!])),
    mean: {
      accuracy: mean(perEmotion.map((e) => e.accuracy)),
      weightedF1: mean(perEmotion.map((e) => e.weightedF1)),
      f1: mean(perEmotion.map((e) => e.f1)),
    },
    categoryRecall: categoryRecall(probabilities, labels, thresholds, names),
  };
}

/** The emotion whose probability exceeds its threshold most (the first of equals), or none if none does. */
export function category(
  probabilities: readonly number[],
  thresholds: readonly number[],
  names: readonly string[],
): string {
  let [best, margin] = [NONE, 0];
  names.forEach((name, c) => {
    const over = probabilities[c]! - thresholds[c]!;
    if (over > margin) [best, margin] = [name, over];
  });
  return best;
}

/**
 * Recall of each of `CATEGORIES`, and their mean. A sample's category is the one emotion it has, or none.
 *
 * @param probabilities, labels, thresholds, names as of `emotionMetrics`
 * @throws If the shapes differ, or at a NaN or infinity.
 */
export function categoryRecall(
  probabilities: readonly (readonly number[])[],
  labels: readonly (readonly number[])[],
  thresholds: readonly number[],
  names: readonly string[],
): CategoryRecall {
  checkRows('categoryRecall', probabilities, labels, thresholds, names.length);
  const hits = new Map<string, number[]>(CATEGORIES.map((name) => [name, []]));
  labels.forEach((row, i) => {
    const present = names.filter((_, c) => row[c]! > 0);
    if (present.length > 1) return;
    const truth = present[0] ?? NONE;
    hits.get(truth)?.push(category(probabilities[i]!, thresholds, names) === truth ? 1 : 0);
  });
  const perCategory = Object.fromEntries([...hits].map(([name, found]) => [name, mean(found)]));
  const count = [...hits.values()].reduce((sum, found) => sum + found.length, 0);
  return { mean: mean(Object.values(perCategory)), perCategory, count, leftOut: labels.length - count };
}

/**
 * For each emotion the threshold with the best balanced accuracy on the given samples, the mean of the recalls of presence and
 * absence; of equally good ones the middle. An emotion that they never (or always) have keeps `fallback`.
 *
 * No threshold is worse on these samples than saying the same of all, which has 0.5: where no cut between two of them is better than
 * that, the emotion keeps `fallback`, or, if that too is worse, gets 1, which no probability exceeds.
 *
 * @throws If the shapes differ, or at a NaN or infinity.
 */
export function chooseThresholds(
  probabilities: readonly (readonly number[])[],
  labels: readonly (readonly number[])[],
  fallback: number,
  numEmotions: number,
): number[] {
  checkRows('chooseThresholds', probabilities, labels, new Array(numEmotions).fill(fallback), numEmotions);
  return Array.from({ length: numEmotions }, (_, c) => {
    const rows = labels.map((row, i) => ({ p: probabilities[i]![c]!, has: row[c]! > 0 })).sort((a, b) => a.p - b.p);
    const positives = rows.filter((row) => row.has).length;
    const negatives = rows.length - positives;
    if (positives === 0 || negatives === 0) return fallback;
    let [best, candidates]: [number, number[]] = [SAME_OF_ALL, []];
    let [below, absentBelow] = [0, 0];
    // A threshold between two neighbours: everything up to `i` counts as absent.
    for (let i = 0; i < rows.length - 1; i++) {
      below += rows[i]!.has ? 1 : 0;
      absentBelow += rows[i]!.has ? 0 : 1;
      if (rows[i]!.p === rows[i + 1]!.p) continue;
      const balanced = ((positives - below) / positives + absentBelow / negatives) / 2;
      const between = (rows[i]!.p + rows[i + 1]!.p) / 2;
      if (balanced > best + TIE) [best, candidates] = [balanced, [between]];
      else if (candidates.length > 0 && balanced > best - TIE) candidates.push(between);
    }
    if (candidates.length > 0) return candidates[candidates.length >> 1]!;
    const hits = (has: boolean) => rows.filter((row) => row.has === has && row.p > fallback === has).length;
    const asBefore = (hits(true) / positives + hits(false) / negatives) / 2;
    return asBefore < SAME_OF_ALL - TIE ? 1 : fallback;
  });
}

/** The balanced accuracy of the same answer for every sample. */
const SAME_OF_ALL = 0.5;
/** What rounding may make of equally good thresholds. */
const TIE = 1e-12;

function checkRows(
  name: string,
  probabilities: readonly (readonly number[])[],
  labels: readonly (readonly number[])[],
  thresholds: readonly number[],
  columns: number,
): void {
  checkSameLength(name, probabilities, labels);
  checkColumns(`${name} probabilities`, probabilities, columns);
  checkColumns(`${name} labels`, labels, columns);
  checkColumns(`${name} thresholds`, [thresholds], columns);
  for (const row of probabilities) checkFinite(`${name} probabilities`, row);
  for (const row of labels) checkFinite(`${name} labels`, row); // NaN > 0 is false: a missing label would count as absent
  checkFinite(`${name} thresholds`, thresholds);
}
