import { type Block, shown } from './document';
import type { Scores } from './scores';
import { besideBlock, type OwnRow, type SimpleRow, simpleBlock } from './simple';
import { spreadOf } from './spread';
import { meanInterval } from './student';
import { MAIN_FIGURES } from './summary';

/** A run of one fold and its test. */
export type FoldResult = {
  fold: number;
  speakers: readonly string[];
  seed: number;
  test: Scores;
  reads: OwnRow['reads'];
  simple: readonly SimpleRow[] | undefined;
};

/**
 * The main figures, a line a fold, with mean, deviation and interval over the folds; a fold of several seeds is their mean.
 *
 * @param warning What must be said with them.
 */
export function foldsReport(results: readonly FoldResult[], warning: string | undefined): Block[] {
  const folds = [...new Set(results.map(({ fold }) => fold))].map((fold) => results.filter((one) => one.fold === fold));
  const seeds = [...new Set(results.map(({ seed }) => seed))];
  const figures = MAIN_FIGURES.filter(({ task }) => results.some(({ test }) => test[task] !== undefined));
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
    besideSimple(folds),
    ...(warning ? [{ warning }] : []),
  ];
}

/** The model beside simple ones that were fitted on the same folds, means over them. */
function besideSimple(folds: readonly (readonly FoldResult[])[]): Block {
  const simple = folds.flatMap(([run]) => run!.simple ?? []);
  const { reads } = folds[0]![0]!;
  if (simple.length === 0) return simpleBlock(undefined);
  const own = { name: 'this model', reads, scores: folds.flatMap((runs) => runs.map(({ test }) => test)) };
  const names = [...new Set(simple.map(({ name }) => name))];
  const rows = names.map((name): OwnRow => {
    const found = simple.filter((row) => row.name === name);
    return { name, reads: found[0]!.reads, scores: found.map(({ scores }) => scores) };
  });
  return besideBlock([own, ...rows]);
}
