import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '@mmolre/datasets';
import { csvRecords, DataError } from '@mmolre/files';
import { RUN_FILES } from '@mmolre/training';
import type { Block, Scores, TestRow } from './block';
import { type Model, SAME } from './claims';

type Line = Record<string, string>;

/**
 * What the models of a block say of its test rows, from the folders of their runs; the simple models are those beside the first.
 *
 * @param runs Folders by the models' names, the whole model first.
 * @param samples Of the data set, by id: their recordings are what rows share.
 * @throws DataError if a file is missing or two runs tested other rows.
 */
export async function readBlock(
  { fold, seed }: Pick<Block, 'fold' | 'seed'>,
  runs: ReadonlyMap<string, string>,
  samples: ReadonlyMap<string, Sample>,
): Promise<{ block: Block; simple: Model[] }> {
  const scores = new Map<string, Scores>();
  let rows: TestRow[] | undefined;
  for (const [name, folder] of runs) {
    const lines = await readLines(join(folder, RUN_FILES.predictions));
    rows ??= lines.map((line) => testRow(line, samples));
    scores.set(name, scoresOf(lines, rows, folder));
  }
  const first = join([...runs.values()][0]!, RUN_FILES.simplePredictions);
  const simple: Model[] = [];
  const byModel = new Map<string, Line[]>();
  for (const line of await readLines(first)) byModel.set(line.model!, [...(byModel.get(line.model!) ?? []), line]);
  for (const [name, lines] of byModel) {
    const reads = lines[0]!.reads as Model['reads'];
    if (reads !== 'nothing') simple.push({ name, reads, simple: true });
    scores.set(reads === 'nothing' ? SAME : name, scoresOf(lines, rows!, first));
  }
  return { block: { fold, seed, rows: rows!, scores }, simple };
}

async function readLines(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new DataError(`${path}: expected what a run said in its test: ${error.message}; train the run again`);
  });
  const broken = (reason: string, line: number) => {
    throw new DataError(`${path}, line ${line}: ${reason}`);
  };
  const [head, ...records] = csvRecords(text, broken);
  return records.map(({ cells }) => Object.fromEntries(head!.cells.map((name, i) => [name, cells[i]!])));
}

function testRow(
  { id, sentiment_label: sentiment, category_label: category }: Line,
  samples: ReadonlyMap<string, Sample>,
): TestRow {
  return {
    id: id!,
    clip: samples.get(id!)?.recording ?? id!,
    ...(sentiment !== '' && { sentiment: Number(sentiment) }),
    ...(category && { category }),
  };
}

function scoresOf(lines: readonly Line[], rows: readonly TestRow[], place: string): Scores {
  if (lines.length !== rows.length || lines.some(({ id }, i) => id !== rows[i]!.id))
    throw new DataError(`${place}: expected the ${rows.length} test rows of the block's other runs, found others`);
  return {
    ...(lines.some(({ sentiment }) => sentiment) && { sentiment: lines.map(({ sentiment }) => Number(sentiment)) }),
    ...(lines.some(({ category }) => category) && { category: lines.map(({ category }) => category!) }),
  };
}
