import { join } from 'node:path';
import type { Sample } from '@mmolre/datasets';
import { DataError } from '@mmolre/files';
import { RUN_FILES } from '@mmolre/training';
import {
  type Block,
  type ScoredLine,
  type Scores,
  scoredLines,
  scoresOf,
  type TestRow,
  testRow,
} from '@mmolre/training/compare';
import { type Model, SAME } from './claims';

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
    const lines = await scoredLines(join(folder, RUN_FILES.predictions));
    rows ??= lines.map((line) => testRow(line, samples));
    scores.set(name, ofTheseRows(lines, rows, folder));
  }
  const first = join([...runs.values()][0]!, RUN_FILES.simplePredictions);
  const simple: Model[] = [];
  const byModel = new Map<string, ScoredLine[]>();
  for (const line of await scoredLines(first)) byModel.set(line.model!, [...(byModel.get(line.model!) ?? []), line]);
  for (const [name, lines] of byModel) {
    const reads = lines[0]!.reads as Model['reads'];
    if (reads !== 'nothing') simple.push({ name, reads, simple: true });
    scores.set(reads === 'nothing' ? SAME : name, ofTheseRows(lines, rows!, first));
  }
  return { block: { fold, seed, rows: rows!, scores }, simple };
}

function ofTheseRows(lines: readonly ScoredLine[], rows: readonly TestRow[], place: string): Scores {
  if (lines.length !== rows.length || lines.some(({ id }, i) => id !== rows[i]!.id))
    throw new DataError(`${place}: expected the ${rows.length} test rows of the block's other runs, found others`);
  return scoresOf(lines);
}
