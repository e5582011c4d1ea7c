import { type Metric, mean } from '@mmolre/metrics';
import { type Block, shown } from './document';
import type { Scores } from './scores';

/** A simple model's scores on the samples of a result. */
export type SimpleRow = {
  /** Such as `linear on TF-IDF`. */ name: string;
  reads: 'nothing' | 'text' | 'audio' | 'both';
  scores: Scores;
};

const COLUMNS: [title: string, task: keyof Scores, read: (scores: Scores) => Metric][] = [
  ['correlation', 'sentiment', ({ sentiment }) => sentiment?.corr],
  ['absolute error', 'sentiment', ({ sentiment }) => sentiment?.mae],
  ['recall, six categories', 'emotion', ({ emotion }) => emotion?.categoryRecall.mean],
  ['accuracy', 'emotion', ({ emotion }) => emotion?.mean.accuracy],
  ['weighted F1', 'emotion', ({ emotion }) => emotion?.mean.weightedF1],
];

/** One or several runs of one model, as the first row: the means of what they score. */
export type OwnRow = Pick<SimpleRow, 'name' | 'reads'> & { scores: readonly Scores[] };

/** Simple models below the model that is held against them; in a line, why there are none. */
export function simpleBlock(simple: readonly SimpleRow[] | undefined, own?: OwnRow): Block {
  if (!simple)
    return { lines: ['no rows of simple models: it is a model alone, or a run from before they were fitted with it'] };
  return besideBlock([...(own ? [own] : []), ...simple.map((row) => ({ ...row, scores: [row.scores] }))]);
}

/** The means of what models score, a row each. */
export function besideBlock(rows: readonly OwnRow[]): Block {
  const columns = COLUMNS.filter(([, task]) => rows.some(({ scores }) => scores.some((one) => one[task])));
  return {
    table: {
      head: ['beside simple models', 'reads', ...columns.map(([title]) => title)],
      rows: rows.map(({ name, reads, scores }) => [
        name,
        reads,
        ...columns.map(([, task, read]) => (scores.some((one) => one[task]) ? shown(mean(scores.map(read))) : '')),
      ]),
    },
  };
}
