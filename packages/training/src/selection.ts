import { EMOTIONS } from '@mmolre/datasets';
import { CATEGORIES, type Metric } from '@mmolre/metrics';
import type { Evaluation } from '@mmolre/model';

/**
 * What the best epoch can be chosen by: `last`, whatever it scores, which suits a rate that falls to 0; the loss on the validation samples, or a
 * metric of their `Evaluation`, by its path there.
 */
export const SELECTIONS = [
  'last',
  'loss',
  'sentiment.mae',
  'sentiment.corr',
  'sentiment.acc7',
  'sentiment.acc5',
  'sentiment.has0.acc2',
  'sentiment.has0.f1',
  'sentiment.non0.acc2',
  'sentiment.non0.f1',
  'emotion.mean.accuracy',
  'emotion.mean.weightedF1',
  'emotion.mean.f1',
  'emotion.categoryRecall.mean',
  ...CATEGORIES.map((category) => `emotion.categoryRecall.perCategory.${category}` as const),
  ...EMOTIONS.flatMap((emotion) =>
    (['accuracy', 'weightedF1', 'f1'] as const).map((metric) => `emotion.perEmotion.${emotion}.${metric}` as const),
  ),
] as const;

export type SelectBy = (typeof SELECTIONS)[number];

/**
 * How good an epoch was: lower is better, and infinity, which is never better, where the metric has no value.
 *
 * @param loss Of the validation samples.
 */
export function selectionScore(
  selectBy: SelectBy,
  { epoch, loss }: { epoch: number; loss: number },
  evaluation: Evaluation,
): number {
  if (selectBy === 'last') return -epoch;
  if (selectBy === 'loss') return loss;
  const value = at(evaluation, selectBy.split('.'));
  if (value === undefined) return Number.POSITIVE_INFINITY;
  return selectBy === 'sentiment.mae' ? value : -value;
}

function at(tree: unknown, [key, ...rest]: string[]): Metric {
  if (key === undefined || tree === undefined) return tree as Metric;
  return at((tree as Record<string, unknown>)[key], rest);
}
