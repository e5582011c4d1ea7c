import { type Block, shown } from './document';
import { mainPartsReport } from './main-parts';
import type { PartScores } from './parts';
import type { Scores } from './scores';
import { type OwnRow, type SimpleRow, simpleBlock } from './simple';
import { spreadOf } from './spread';

export type MainFigure = {
  name: string;
  short: string;
  task: keyof Scores;
  read: (test: Scores) => number | undefined;
};

/** The main figures of a test: names for lines and for columns, and where they are. */
export const MAIN_FIGURES: readonly MainFigure[] = [
  {
    name: 'emotion recall over six categories',
    short: 'recall',
    task: 'emotion',
    read: (t) => t.emotion?.categoryRecall.mean,
  },
  { name: 'emotion accuracy, mean', short: 'accuracy', task: 'emotion', read: (t) => t.emotion?.mean.accuracy },
  { name: 'emotion weighted F1, mean', short: 'wF1', task: 'emotion', read: (t) => t.emotion?.mean.weightedF1 },
  { name: 'sentiment correlation', short: 'corr', task: 'sentiment', read: (t) => t.sentiment?.corr },
  { name: 'sentiment mean absolute error', short: 'MAE', task: 'sentiment', read: (t) => t.sentiment?.mae },
  { name: 'sentiment Acc2 (non-zero)', short: 'Acc2', task: 'sentiment', read: (t) => t.sentiment?.non0.acc2 },
  { name: 'sentiment Acc7', short: 'Acc7', task: 'sentiment', read: (t) => t.sentiment?.acc7 },
];

/**
 * A split's main figures of the tasks that were predicted, a column a seed; mean and deviation where there are several. Below, those of the
 * parts that hide failure, and the model, or the mean of the seeds, beside simple models.
 *
 * @param warning What must be said with them.
 */
export function summaryReport(
  results: readonly {
    seed: number;
    test: Scores & { parts?: readonly PartScores[] };
    reads: OwnRow['reads'];
    simple: readonly SimpleRow[] | undefined;
  }[],
  split: string,
  warning: string | undefined,
): Block[] {
  const several = results.length > 1;
  const head = [
    `${split} split`,
    ...results.map(({ seed }) => `seed ${seed}`),
    ...(several ? ['mean', 'deviation'] : []),
  ];
  const rows = MAIN_FIGURES.filter(({ task }) => results.some(({ test }) => test[task] !== undefined)).map(
    ({ name, read }) => {
      const values = results.map(({ test }) => read(test));
      const spread = spreadOf(values);
      const all = several ? [spread?.mean, spread?.deviation].map((value) => value?.toFixed(3) ?? '') : [];
      return [name, ...values.map((value) => shown(value)), ...all];
    },
  );
  const parts = mainPartsReport(results.map(({ test }) => test.parts));
  const name = several ? `this model, mean of ${results.length} seeds` : 'this model';
  const own = { name, reads: results[0]!.reads, scores: results.map(({ test }) => test) };
  const simple = simpleBlock(results[0]!.simple, own);
  return [{ table: { head, rows } }, ...parts, simple, ...(warning ? [{ warning }] : [])];
}
