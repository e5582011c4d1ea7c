import { type Block, shown } from './document';
import type { Scores } from './scores';
import { meanInterval } from './student';
import { ROWS, spreadOf } from './summary';

/** A run of one fold and its test. */
export type FoldResult = { fold: number; speakers: readonly string[]; seed: number; test: Scores };

/**
 * The main figures, a line a fold, with mean, deviation and interval over the folds; a fold of several seeds is their mean.
 *
 * @param warning What must be said with them.
 */
export function foldsReport(results: readonly FoldResult[], warning: string | undefined): Block[] {
  const folds = [...new Set(results.map(({ fold }) => fold))].map((fold) => results.filter((one) => one.fold === fold));
  const seeds = [...new Set(results.map(({ seed }) => seed))];
  const figures = ROWS.filter(({ task }) => results.some(({ test }) => test[task] !== undefined));
  const columns = figures.map(({ read }) => {
    const values = folds.map((runs) => spreadOf(runs.map(({ test }) => read(test)))?.mean);
    const defined = values.filter((value) => value !== undefined);
    const [spread, interval] = [spreadOf(values), meanInterval(defined)];
    return [
      ...values.map((value) => shown(value)),
      ...[spread?.mean, spread?.deviation].map((value) => value?.toFixed(3) ?? ''),
      interval ? `${interval.low.toFixed(3)} .. ${interval.high.toFixed(3)}` : '',
    ];
  });
  const names = [...folds.map(([run]) => `${run!.fold}: ${run!.speakers.join(', ')}`), 'mean', 'deviation', '95 %'];
  const head = ['fold: who tests', ...figures.map(({ short }) => short)];
  return [
    { table: { head, rows: names.map((name, row) => [name, ...columns.map((column) => column[row]!)]) } },
    {
      text:
        `95 %: interval of the mean over ${folds.length} folds, by Student's t${seeds.length > 1 ? `; a fold is the mean of the seeds ${seeds.join(', ')}` : ''}.\n` +
        'Folds share most of their training samples, so that it is rather too narrow.',
    },
    ...(warning ? [{ warning }] : []),
  ];
}
