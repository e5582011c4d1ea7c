import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { hardwareLine } from '@mmolre/backend';
import { datasetHash, readDataset, type Split, samplesOf, withoutUnreadable } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { cacheFolder, frameCache } from '@mmolre/files';
import { type Evaluation, openEncoders, type VariantName } from '@mmolre/model';
import type { OpenOptions } from './checkpoint';
import { departures } from './departures';
import { type EncoderChoices, kindOf } from './encoder-option';
import { type Examples, loadExamples } from './examples';
import { checkRun, freeName } from './open-run';
import type { PresetName } from './presets';
import type { StartProgress } from './progress';
import { resolveConfig } from './resolve-config';
import { type RunConfig, readOptions } from './run-config';
import { runFile } from './run-layout';
import { type BackendFacts, codeFacts } from './run-record';
import { scoresWarning, shortcomings } from './shortcomings';
import { identityConfig, trainRun } from './train-run';
import { type Labelled, withLabels } from './unified-labels';
import { tensorBoard } from './watch/tensorboard';
import { trackio } from './watch/trackio';
import type { Watcher } from './watch/watcher';

export type TrainingOptions = EncoderChoices & {
  preset: PresetName;
  variant?: VariantName;
  data?: string;
  /** Where frozen parts of encoders keep what they make of each text and clip. */ cache?: string;
  userPath?: (path: string) => string;
  config?: string;
  set: string[];
  seeds?: number[];
  name?: string;
  runs: string;
  /** Moves a run of that name aside and trains anew. */ force?: boolean;
  /** Where there is a run of that name, takes another. */ new?: boolean;
  /** A damaged checkpoint is an error. */ strictResume?: boolean;
  /** Makes a checkpoint every so many steps, too. */ saveEvery?: number;
  /** So many of the newest checkpoints stay beside the best: 2. */ keep?: number;
  /** Writes event files of TensorBoard into `tensorboard` in the run's folder. */ tensorboard?: boolean;
  /** Sends each run to the Trackio server at this address. */ trackio?: string;
  /** Hear every run, too. */ watchers?: readonly Watcher[];
  /** What computes. */ backend: BackendFacts;
  /** The arguments, for `run.json`. */ command: string[];
  /** Preset data counts from here, and paths are told relative to it. */ root: string;
  log: (line: string) => void;
  startProgress: StartProgress;
  /** Hears of each seed's result as soon as it is there. */ onResult?: (result: SeedResult) => void;
  signal: AbortSignal;
};

/** A seed's run and its test. */
export type SeedResult = {
  seed: number;
  run: string;
  split: Split;
  test: Evaluation;
  /** What must be said with the scores. */ warning: string | undefined;
};

/** Trains once a seed, and tests each. @returns The results; undefined if it was interrupted. */
export async function runTraining(options: TrainingOptions): Promise<SeedResult[] | undefined> {
  try {
    return await trainSeeds(options);
  } catch (error) {
    if (options.signal.aborted && error === options.signal.reason) return undefined;
    throw error;
  }
}

async function trainSeeds(options: TrainingOptions): Promise<SeedResult[] | undefined> {
  const { log, root, backend, signal } = options;
  const base = resolveConfig({ ...options, file: options.config });
  const data = options.data ?? resolve(root, base.data);
  const seeds = options.seeds ?? [base.seed];
  log(`preset ${options.preset}${options.variant ? `, variant ${options.variant}` : ''}; it leaves the paper in:`);
  const lines = departures(base);
  for (const line of lines.length > 0 ? lines : ['nothing']) log(`  ${line}`);
  const frames = framesFolder(options.cache, base, log);
  // As float32: a run is the same with and without a cache.
  const open: OpenOptions = { log, ...(frames && { frames: frameCache({ folder: frames, warn: log }) }) };

  const name = options.new
    ? freeName(nameOf(options), (one) => seeds.some((seed) => existsSync(pathOf(options.runs, one, seed))))
    : nameOf(options);
  const runs = seeds.map((seed) => {
    const config: RunConfig = { ...base, data, seed };
    const path = pathOf(options.runs, name, seed);
    return { seed, config, path, shown: relative(root, path), watchers: watchersOf(path, data, options) };
  });
  // What does not fit is said before recordings are decoded.
  for (const { path, config, shown } of runs)
    await checkRun(path, { config: identityConfig(config), backend }, { force: options.force, shown });
  await openEncoders(base.model, { ...open, find: findPlace });
  signal.throwIfAborted();
  const { examples, labels, split, warning, hash } = await load(data, base, options);
  const session = { command: options.command, machine: hardwareLine([]), code: codeFacts(root) };
  const goesOn = goesOnWith(options, name);
  const results: SeedResult[] = [];
  for (const { seed, config, path, shown, watchers } of runs) {
    const test = await trainRun(path, config, {
      ...options,
      session,
      goesOn,
      data: hash,
      examples,
      labels,
      split,
      open,
      shown,
      watchers,
    });
    if (!test) return undefined;
    const result = { seed, run: shown, split, test, warning };
    results.push(result);
    options.onResult?.(result);
  }
  return results;
}

/** Where frozen encoders keep what they make of each text and clip; one that keeps all hidden states has to, as they come in every epoch. */
function framesFolder(
  asked: string | undefined,
  { model }: RunConfig,
  log: (line: string) => void,
): string | undefined {
  if (asked !== undefined || ![model.text, model.audio].some((encoder) => 'frozen' in encoder && encoder.frozen))
    return asked;
  const folder = join(cacheFolder(), 'frames');
  log(`hidden states of the frozen encoders are kept in ${folder}; --cache names another folder`);
  return folder;
}

function watchersOf(
  path: string,
  data: string,
  { tensorboard, trackio: url, watchers = [] }: TrainingOptions,
): Watcher[] {
  return [
    ...(tensorboard ? [tensorBoard(runFile(path, 'tensorboard'))] : []),
    ...(url ? [trackio({ url, project: basename(data), run: basename(path), idFile: runFile(path, 'trackio') })] : []),
    ...watchers,
  ];
}

/** The name of a training, of whichever seed. */
export function nameOf({
  name,
  preset,
  variant,
  text,
  audio,
}: Pick<TrainingOptions, 'name' | 'preset' | 'variant' | 'text' | 'audio'>): string {
  if (name !== undefined && (/[\\/]/.test(name) || ['', '.', '..'].includes(name)))
    throw new Error(`--name: expected the name of a folder below --runs, found ${JSON.stringify(name)}`);
  const parts = [preset, variant, text && `text-${kindOf(text)}`, audio && `audio-${kindOf(audio)}`];
  return name ?? parts.filter(Boolean).join('-');
}

/** The folder of a run among the others. */
export const pathOf = (runs: string, name: string, seed: number): string => join(runs, `${name}-seed${seed}`);

function goesOnWith({ force, new: isNew }: TrainingOptions, name: string): string {
  if (isNew) return `it goes on by --name ${name} in place of --new`;
  return force ? 'it goes on by the same command without --force' : 'the same command goes on';
}

type Loaded = {
  examples: Examples;
  labels: Omit<Labelled, 'dataset'>;
  /** What is scored: the validation split where there is no test split. */ split: Split;
  /** What must be said with the scores. */ warning: string | undefined;
  /** SHA-256 of the data, with the labels that are trained on. */ hash: string;
};

async function load(
  folder: string,
  config: RunConfig,
  { log, startProgress, signal }: TrainingOptions,
): Promise<Loaded> {
  const dataset = await readDataset(folder, readOptions(config));
  samplesOf(dataset, 'train'); // there is nothing to train on without
  samplesOf(dataset, 'valid'); // early stopping needs it
  const { dataset: labelled, ...labels } = await withLabels(dataset, config, log);
  const total = dataset.train.length + dataset.valid.length + dataset.test.length;
  const progress = startProgress('decoding', total, 'samples');
  const onProgress = (done: number) => {
    signal.throwIfAborted();
    progress.update(done, '');
  };
  const examples = await loadExamples(labelled, onProgress, { firstSeconds: config.model.audio.maxSeconds }).finally(
    () => progress.stop(),
  );
  const read = withoutUnreadable(labelled, examples.lost, readOptions(config));
  log(`${folder}: ${read.train.length} train, ${read.valid.length} valid, ${read.test.length} test samples`);
  for (const line of shortcomings(read, config.model.tasks)) log(`warning: ${line}`);
  const split = dataset.test.length > 0 ? 'test' : 'valid';
  const warning = scoresWarning(split, labels.event?.warning);
  return { examples, labels, split, warning, hash: await datasetHash(read) };
}
