import { type Block, shown } from './document';
import type { Scores } from './evaluation';
import { mainPartsReport } from './main-parts';
import type { PartScores } from './parts';
import { spreadOf } from './spread';

const ROWS: [name: string, task: keyof Scores, read: (test: Scores) => number | undefined][] = [
  ['emotion recall over six categories', 'emotion', (t) => t.emotion?.categoryRecall.mean],
  ['emotion accuracy, mean', 'emotion', (t) => t.emotion?.mean.accuracy],
  ['emotion weighted F1, mean', 'emotion', (t) => t.emotion?.mean.weightedF1],
  ['sentiment correlation', 'sentiment', (t) => t.sentiment?.corr],
  ['sentiment mean absolute error', 'sentiment', (t) => t.sentiment?.mae],
  ['sentiment Acc2 (non-zero)', 'sentiment', (t) => t.sentiment?.non0.acc2],
  ['sentiment Acc7', 'sentiment', (t) => t.sentiment?.acc7],
];

/**
 * A split's main figures of the tasks that were predicted, a column a seed, mean and deviation where there are several; and those of the
 * parts that hide failure.
 *
 * @param warning What must be said with them.
 */
export function summaryReport(
  results: readonly { seed: number; test: Scores & { parts?: readonly PartScores[] } }[],
  split: string,
  warning: string | undefined,
): Block[] {
  const several = results.length > 1;
  const head = [
    `${split} split`,
    ...results.map(({ seed }) => `seed ${seed}`),
    ...(several ? ['mean', 'deviation'] : []),
  ];
  const rows = ROWS.filter(([, task]) => results.some(({ test }) => test[task] !== undefined)).map(([name, , read]) => {
    const values = results.map(({ test }) => read(test));
    const spread = spreadOf(values);
    const all = several ? [spread?.mean, spread?.deviation].map((value) => value?.toFixed(3) ?? '') : [];
    return [name, ...values.map((value) => shown(value)), ...all];
  });
  const parts = mainPartsReport(results.map(({ test }) => test.parts));
  return [{ table: { head, rows } }, ...parts, ...(warning ? [{ warning }] : [])];
}
