import { readFile } from 'node:fs/promises';
import type { Sample } from '@mmolre/datasets';
import { csvRecords, DataError } from '@mmolre/files';
import type { Scores, TestRow } from './block';

/** A line of `predictions.csv` or `simple-predictions.csv`, by its columns. */
export type ScoredLine = Record<string, string>;

/** @throws DataError if it is missing or no CSV file. */
export async function scoredLines(path: string): Promise<ScoredLine[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new DataError(`${path}: expected what a run said in its test: ${error.message}; train the run again`);
  });
  const broken = (reason: string, line: number) => {
    throw new DataError(`${path}, line ${line}: ${reason}`);
  };
  const [head, ...records] = csvRecords(text, broken);
  return records.map(({ cells }) => Object.fromEntries(head!.cells.map((name, i) => [name, cells[i]!])));
}

/** @param samples Of the data set, by id: their recordings are what rows share. */
export function testRow(
  { id, sentiment_label: sentiment, category_label: category }: ScoredLine,
  samples: ReadonlyMap<string, Sample>,
): TestRow {
  return {
    id: id!,
    clip: samples.get(id!)?.recording ?? id!,
    ...(sentiment !== '' && { sentiment: Number(sentiment) }),
    ...(category && { category }),
  };
}

/** What the lines say, of the tasks that they have. */
export const scoresOf = (lines: readonly ScoredLine[]): Scores => ({
  ...(lines.some(({ sentiment }) => sentiment) && { sentiment: lines.map(({ sentiment }) => Number(sentiment)) }),
  ...(lines.some(({ category }) => category) && { category: lines.map(({ category }) => category!) }),
});
