import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hardwareLine, type Ranks, whyNoBf16 } from '@mmolre/backend';
import { fitSimpleModels, type SimpleModels } from '@mmolre/baselines';
import { type Dataset, datasetHash, readDataset, type Split, samplesOf, withoutUnreadable } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { cacheFolder, frameCache } from '@mmolre/files';
import { balancesExperts, openEncoders, type VariantName } from '@mmolre/model';
import type { OpenOptions } from './checkpoint';
import { departures } from './departures';
import { type EncoderChoices, kindOf } from './encoder-option';
import { type Examples, loadExamples } from './examples';
import { type Fold, type FoldsChoice, inFold, lackedEmotions, speakerFolds } from './folds';
import { checkRun, freeName } from './open-run';
import type { PresetName } from './preset-names';
import type { StartProgress } from './progress';
import { resolveConfig } from './resolve-config';
import { type RunConfig, readOptions, readsOf } from './run-config';
import { runFile } from './run-layout';
import { type BackendFacts, codeFacts } from './run-record';
import type { TestResult } from './run-result';
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
  /** Trains and tests over the speakers of the data, in place of its own splits. */ folds?: FoldsChoice;
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
  /** The processes that train each run together, all with these options; rank 0's alone touch the runs. */ ranks?:
    | Ranks
    | undefined;
  /** The arguments, for `run.json`. */ command: string[];
  /** Preset data counts from here, and paths are told relative to it. */ root: string;
  log: (line: string) => void;
  startProgress: StartProgress;
  /** Hears of each seed's result as soon as it is there. */ onResult?: (result: SeedResult) => void;
  signal: AbortSignal;
};

/** A seed's run and its test. */
export type SeedResult = TestResult & {
  seed: number;
  /** Of the folds over speakers, from 1; undefined where there are none. */ fold: number | undefined;
  /** Who tests; undefined where the data's own splits do. */ speakers: string[] | undefined;
  run: string;
  /** What the model is given. */ reads: 'text' | 'audio' | 'both';
  /** What must be said with the scores. */ warning: string | undefined;
};

/** Trains once a seed, of each fold if there are any, and tests each. @returns The results; undefined if it was interrupted. */
export async function runTraining(options: TrainingOptions): Promise<SeedResult[] | undefined> {
  try {
    return await trainSeeds(options);
  } catch (error) {
    if (options.signal.aborted && error === options.signal.reason) return undefined;
    throw error;
  }
}

async function trainSeeds(options: TrainingOptions): Promise<SeedResult[] | undefined> {
  const { log, root, backend, signal, ranks } = options;
  const isLead = !ranks || ranks.rank === 0;
  const base = resolveConfig({ ...options, file: options.config });
  const noBf16 = base.training.precision === 'bf16' && whyNoBf16(backend);
  if (noBf16) throw new Error(`training.precision: expected float32, found bf16: ${noBf16}`);
  const data = options.data ?? resolve(root, base.data);
  const seeds = options.seeds ?? [base.seed];
  const dataset = await readDataset(data, readOptions(base));
  const folds: (Fold | null)[] = options.folds ? speakerFolds(dataset, options.folds) : [base.fold];
  signal.throwIfAborted();
  log(`preset ${options.preset}${options.variant ? `, variant ${options.variant}` : ''}; it leaves the paper in:`);
  const lines = departures(base);
  for (const line of lines.length > 0 ? lines : ['nothing']) log(`  ${line}`);
  const frames = framesFolder(options.cache, base, log);
  // As float32: a run is the same with and without a cache.
  const open: OpenOptions = { log, ...(frames && { frames: frameCache({ folder: frames, warn: log }) }) };

  const cells = folds.flatMap((fold, i) =>
    seeds.map((seed) => ({ fold, seed, number: options.folds ? i + 1 : undefined })),
  );
  const name = options.new
    ? freeName(nameOf(options), (one) =>
        cells.some(({ seed, number }) => existsSync(pathOf(options.runs, foldName(one, number), seed))),
      )
    : nameOf(options);
  const runs = cells.map(({ fold, seed, number }) => {
    const config: RunConfig = { ...base, data, fold, seed };
    const path = pathOf(options.runs, foldName(name, number), seed);
    return {
      seed,
      number,
      config,
      path,
      shown: relative(root, path),
      watchers: isLead ? watchersOf(path, data, options) : [],
    };
  });
  // What does not fit is said before recordings are decoded.
  if (ranks && balancesExperts(base.model))
    throw new Error(
      `the balance of the experts is of a whole batch, and ${ranks.size} processes have a part each: expected model.unitse.balanceWeight 0, found ${base.model.unitse.balanceWeight}`,
    );
  for (const { path, config, shown } of isLead ? runs : [])
    await checkRun(path, { config: identityConfig(config), backend }, { force: options.force, shown });
  await openEncoders(base.model, { ...open, find: findPlace });
  signal.throwIfAborted();
  const session = {
    command: options.command,
    machine: hardwareLine([]),
    code: codeFacts(root),
    ...(ranks && { ranks: ranks.size }),
  };
  const goesOn = goesOnWith(options, name);
  const results: SeedResult[] = [];
  let loaded: Loaded | undefined;
  for (const { seed, number, config, path, shown, watchers } of runs) {
    if (loaded?.fold !== config.fold) loaded = await load(dataset, config, open, options, number);
    const { examples, labels, split, warning, hash, simpleModels } = loaded!;
    const tested = await trainRun(path, config, {
      ...options,
      session,
      goesOn,
      data: hash,
      examples,
      labels,
      split,
      simpleModels,
      open,
      shown,
      watchers,
    });
    if (!tested) return undefined;
    const result = {
      ...tested,
      seed,
      fold: number,
      speakers: config.fold?.test,
      run: shown,
      reads: readsOf(config),
      warning,
    };
    results.push(result);
    options.onResult?.(result);
  }
  return results;
}

/** Simple models of the training samples, told in a line. */
async function fitted(
  { model }: RunConfig,
  { train, load }: Examples,
  open: OpenOptions,
  { log, signal }: TrainingOptions,
): Promise<SimpleModels> {
  log(`simple models for comparison: fitting them on ${train.length} training samples`);
  return fitSimpleModels(train, {
    ...open,
    find: findPlace,
    log,
    tasks: model.tasks,
    maxSeconds: model.audio.maxSeconds,
    async load(chunk) {
      await nextTurn(); // which hears Ctrl-C
      signal.throwIfAborted();
      return load(chunk);
    },
  });
}

/** Calls it the first time only. */
function once<R>(work: () => Promise<R>): () => Promise<R> {
  let result: Promise<R> | undefined;
  return () => {
    result ??= work();
    return result;
  };
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

/** The name of a training of one fold. */
const foldName = (name: string, fold: number | undefined): string =>
  fold === undefined ? name : `${name}-fold${fold}`;

/** The folder of a run among the others. */
export const pathOf = (runs: string, name: string, seed: number): string => join(runs, `${name}-seed${seed}`);

function goesOnWith({ force, new: isNew }: TrainingOptions, name: string): string {
  if (isNew) return `it goes on by --name ${name} in place of --new`;
  return force ? 'it goes on by the same command without --force' : 'the same command goes on';
}

type Loaded = {
  fold: Fold | null;
  examples: Examples;
  labels: Omit<Labelled, 'dataset'>;
  /** What is scored: the validation split where there is no test split. */ split: Split;
  /** What must be said with the scores. */ warning: string | undefined;
  /** SHA-256 of the data, with the labels that are trained on. */ hash: string;
  simpleModels: () => Promise<SimpleModels>;
};

async function load(
  whole: Dataset,
  config: RunConfig,
  open: OpenOptions,
  options: TrainingOptions,
  number: number | undefined,
): Promise<Loaded> {
  const { log, startProgress, signal } = options;
  const dataset = config.fold ? inFold(whole, config.fold) : whole;
  if (config.fold) log(foldLine(config.fold, number));
  samplesOf(dataset, 'train'); // there is nothing to train on without
  samplesOf(dataset, 'valid'); // early stopping needs it
  const { dataset: labelled, ...labels } = await withLabels(dataset, config, log, options.ranks);
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
  log(`${config.data}: ${read.train.length} train, ${read.valid.length} valid, ${read.test.length} test samples`);
  for (const line of shortcomings(read, config.model.tasks)) log(`warning: ${line}`);
  for (const emotion of config.model.tasks.includes('emotion') ? lackedEmotions(read) : [])
    log(`warning: no training sample has ${emotion}, which test samples have`);
  const split = dataset.test.length > 0 ? 'test' : 'valid';
  const warning = scoresWarning(split, labels.event?.warning);
  const simpleModels = once(() => fitted(config, examples, open, options));
  return { fold: config.fold, examples, labels, split, warning, hash: await datasetHash(read), simpleModels };
}

/** Such as `fold 2: tests 08, validates 09, trains on the other speakers`. */
const foldLine = ({ test, valid }: Fold, number: number | undefined) =>
  `fold${number === undefined ? '' : ` ${number}`}: tests ${test.join(', ')}, validates ${valid.join(', ')}, trains on the other speakers`;
