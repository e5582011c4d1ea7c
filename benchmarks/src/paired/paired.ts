import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { hardwareLine, hardwareSlug } from '@mmolre/backend';
import { type Dataset, readDataset, type Sample, SPLITS } from '@mmolre/datasets';
import { writeFileSafely } from '@mmolre/files';
import { toMarkdown } from '@mmolre/report';
import {
  type Cell,
  type CellsOptions,
  cellConfig,
  cellPath,
  cellTrainer,
  type Fold,
  type FoldsChoice,
  RUN_FILES,
  readOptions,
  readResult,
  speakerFolds,
} from '@mmolre/training';
import type { Block } from '@mmolre/training/compare';
import { analyse, type Model } from './claims';
import { blockAt, blocksWithin, designLine } from './design';
import { type PairedFacts, pairedReport } from './paired-report';
import { readBlock } from './read-block';
import { type Form, MINUTES, rowsOf, type TrainedRow } from './rows';
import { withShuffledLabels } from './shuffled-labels';

export type PairedOptions = CellsOptions & {
  form: Form;
  /** Of training; the form's own. */ minutes?: number;
  folds: FoldsChoice;
  /** Draws of the bootstrap: 5,000. */ resamples?: number;
  /** Where the tables go. */ out: string;
};

const RESAMPLES = 5_000;
/** Of the bootstrap's draws, and of the labels that are dealt out anew. */
const DRAW_SEED = 1;

type Plan = { dataset: Dataset; folds: Fold[]; rows: TrainedRow[] };

async function planOf(options: PairedOptions): Promise<Plan> {
  const config = cellConfig(options, { name: 'mmolre', variant: 'mmolre', seed: 1, set: [] });
  const dataset = await readDataset(config.data, readOptions(config));
  return { dataset, folds: speakerFolds(dataset, options.folds), rows: rowsOf(options.form, config) };
}

/** A model's run in a block. @param index Of the block, from 0. */
function cellOf({ folds }: Plan, row: TrainedRow, index: number): Cell {
  const { fold, seed } = blockAt(index, folds.length);
  const set = [...row.set, `fold=${JSON.stringify(folds[fold - 1])}`];
  return { name: `${row.name}-fold${fold}`, variant: row.variant, seed, set };
}

/**
 * Trains whole blocks of models for as long as the time holds, and writes what they show: `paired.json` and a table. Runs that are there are not
 * trained again, so that it can be stopped at any time and goes on.
 *
 * @returns The facts, or the exit code of a run that failed.
 */
export async function paired(options: PairedOptions): Promise<PairedFacts | number> {
  const plan = await planOf(options);
  const { folds, rows } = plan;
  const minutes = options.minutes ?? MINUTES[options.form];
  const train = cellTrainer(options);
  const names = rows.map(({ name }) => name);
  const seconds = new Map<string, number[]>();
  const planned = () => (seconds.size === 0 ? 1 : blocksWithin(minutes, names, seconds));
  let [told, first] = ['', ''];
  let blocks = 0;
  for (; blocks < planned(); blocks++) {
    for (const row of rows) {
      const result = await train(cellOf(plan, row, blocks));
      if (typeof result === 'number') return result;
      seconds.set(row.name, [...(seconds.get(row.name) ?? []), result.seconds]);
      const line = designLine(Math.max(planned(), blocks + 1), folds.length, rows.length);
      if (line !== told) options.log(`plan for ${minutes} minutes: ${line}`);
      told = line;
      first ||= line;
    }
  }
  const facts = await factsOf(options, plan, blocks, {
    design: told === first ? first : `${first}; after more runs: ${told}`,
    swapped: false,
  });
  await keep(options, facts);
  return facts;
}

/**
 * The same of the runs that are there, with the labels of the test rows dealt out anew: nothing that it claims may hold.
 *
 * @throws One line if there is no whole block.
 */
export async function pairedSwapped(options: PairedOptions): Promise<PairedFacts> {
  const plan = await planOf(options);
  let blocks = 0;
  const isThere = async (index: number) => {
    const found = await Promise.all(plan.rows.map((row) => readResult(cellPath(options, cellOf(plan, row, index)))));
    return found.every((result) => result !== undefined);
  };
  while (await isThere(blocks)) blocks += 1;
  if (blocks === 0)
    throw new Error(`${options.runs}: expected the runs of a block, found none; call it without --swap first`);
  return factsOf(options, plan, blocks, {
    design: designLine(blocks, plan.folds.length, plan.rows.length),
    swapped: true,
  });
}

async function factsOf(
  options: PairedOptions,
  plan: Plan,
  count: number,
  said: Pick<PairedFacts, 'design' | 'swapped'>,
): Promise<PairedFacts> {
  const { dataset, folds, rows } = plan;
  const samples = new Map<string, Sample>(
    SPLITS.flatMap((split) => dataset[split].map((one) => [one.id, one] as const)),
  );
  const blocks: Block[] = [];
  let simple: Model[] = [];
  for (let index = 0; index < count; index++) {
    const runs = new Map(rows.map((row) => [row.name, cellPath(options, cellOf(plan, row, index))]));
    const found = await readBlock(blockAt(index, folds.length), runs, samples);
    blocks.push(found.block);
    simple = found.simple;
  }
  const { seed, resamples } = { seed: DRAW_SEED, resamples: options.resamples ?? RESAMPLES };
  const used = said.swapped ? withShuffledLabels(blocks, seed) : blocks;
  const shownData = relative(options.root, dataset.folder);
  const settings = options.set.length > 0 ? ` with ${options.set.join(', ')}` : '';
  return {
    form: options.form,
    title: `Preset ${options.preset}${settings}${options.text ? `, text ${options.text}` : ''}, ${folds.length} folds over the speakers of ${shownData}`,
    hardware: hardwareLine([]),
    ...said,
    blocks: blocks.map((one) => ({
      fold: one.fold,
      seed: one.seed,
      speakers: folds[one.fold - 1]!.test,
      rows: one.rows.length,
    })),
    ...analyse(used, [...rows, ...simple], { seed, resamples }),
  };
}

async function keep({ out, form, text, audio, log, root }: PairedOptions, facts: PairedFacts): Promise<void> {
  const parts = ['paired', form !== 'short' && form, text && `text-${text}`, audio && `audio-${audio}`];
  const name = parts
    .filter(Boolean)
    .join('-')
    .replaceAll(/[^\w.-]+/g, '-');
  const page = join(out, `${name}_${hardwareSlug()}_${new Date().toISOString().slice(0, 7)}.md`);
  await writeFileSafely(page, toMarkdown(pairedReport(facts)));
  await writeFileSafely(join(out, `${name}.json`), `${JSON.stringify(facts, null, 1)}\n`);
  log(`written: ${relative(root, page)}, ${name}.json`);
}

/**
 * Trains one run again, elsewhere, and holds it against the one that is there: its test's scores and all predictions, to the last digit.
 *
 * @param name Of a model, whose first run it is, or of a run's folder, such as `mmolre-fold2-seed1`.
 * @returns What differs; undefined if nothing does. Or the exit code of the run.
 * @throws One line if there is no such run.
 */
export async function trainedAgain(options: PairedOptions, name: string): Promise<string | undefined | number> {
  const plan = await planOf(options);
  const [, model = name, fold = '1', seed = '1'] = /^(.*)-fold(\d+)-seed(\d+)$/.exec(name) ?? [];
  const row = plan.rows.find((one) => one.name === model);
  const cell = row && cellOf(plan, row, (Number(seed) - 1) * plan.folds.length + Number(fold) - 1);
  const there = cell && cellPath(options, cell);
  const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');
  const files = [RUN_FILES.test, RUN_FILES.predictions, RUN_FILES.simplePredictions];
  let before: string[];
  try {
    before = files.map((file) => read(there!, file));
  } catch {
    throw new Error(
      `--again ${name}: expected one of ${plan.rows.map((one) => one.name).join(', ')}, or a run in ${options.runs}`,
    );
  }
  const runs = mkdtempSync(join(tmpdir(), 'mmolre-again-'));
  try {
    const again = { ...options, runs };
    const result = await cellTrainer(again)(cell!);
    if (typeof result === 'number') return result;
    const file = files.find((one, i) => read(cellPath(again, cell!), one) !== before[i]);
    return file && `${there}: ${file} is another where the same is trained again`;
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}
