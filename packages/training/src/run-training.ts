import { join, relative, resolve } from 'node:path';
import { readDataset, type Split, samplesOf } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { frameCache } from '@mmolre/files';
import { median } from '@mmolre/metrics';
import { type Evaluation, type Example, evaluate, openEncoders, predict, type VariantName } from '@mmolre/model';
import { countParams, disposeParams } from '@mmolre/nn';
import type { OpenOptions } from './checkpoint';
import { departures } from './departures';
import { type EncoderChoices, kindOf } from './encoder-option';
import { epochLine } from './epoch-line';
import { type Examples, loadExamples } from './examples';
import type { PresetName } from './presets';
import type { StartProgress } from './progress';
import { resolveConfig } from './resolve-config';
import type { RunConfig } from './run-config';
import { openRunFolder, type RunFolder } from './run-folder';
import { scoresWarning, shortcomings } from './shortcomings';
import { train } from './train';
import { loadTrainedRun } from './trained-run';
import { type Labelled, withLabels } from './unified-labels';

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
  force?: boolean;
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
  const { log, root } = options;
  const base = resolveConfig({ ...options, file: options.config });
  const data = options.data ?? resolve(root, base.data);
  const seeds = options.seeds ?? [base.seed];
  log(`preset ${options.preset}${options.variant ? `, variant ${options.variant}` : ''}; it leaves the paper in:`);
  const lines = departures(base);
  for (const line of lines.length > 0 ? lines : ['nothing']) log(`  ${line}`);
  const frames =
    options.cache === undefined
      ? {}
      : { frames: frameCache({ folder: options.cache, precision: 'float32', warn: log }) };
  const open: OpenOptions = { log, ...frames }; // as float32: a run is the same with and without a cache

  const runs = seeds.map((seed) => {
    const config: RunConfig = { ...base, data, seed };
    return { seed, config, folder: openRunFolder(join(options.runs, runName(options, seed)), config) };
  });
  const trained = new Set<RunFolder>();
  for (const { folder } of runs) if (!options.force && (await folder.isFinished())) trained.add(folder);
  // What does not fit is said before recordings are decoded.
  if (trained.size < runs.length) await openEncoders(base.model, { ...open, find: findPlace });
  const loaded = await load(data, base, options);
  const { examples, split, warning } = loaded;
  const results: SeedResult[] = [];
  for (const { seed, config, folder } of runs) {
    const shown = relative(root, folder.path);
    if (trained.has(folder)) {
      log(`${shown} is already trained (--force trains it again)`);
    } else {
      const stopped = await trainOne(config, folder, loaded, options, open);
      if (stopped === 'interrupted') return undefined;
    }
    const test = await testRun(folder, examples[split], open);
    await folder.saveTest(split, test);
    const result = { seed, run: shown, split, test, warning };
    results.push(result);
    options.onResult?.(result);
  }
  return results;
}

/** The folder of a run among the others. */
export function runName(
  { name, preset, variant, text, audio }: Pick<TrainingOptions, 'name' | 'preset' | 'variant' | 'text' | 'audio'>,
  seed: number,
) {
  const parts = [preset, variant, text && `text-${kindOf(text)}`, audio && `audio-${kindOf(audio)}`];
  return `${name ?? parts.filter(Boolean).join('-')}-seed${seed}`;
}

type Loaded = {
  examples: Examples;
  labels: Omit<Labelled, 'dataset'>;
  /** What is scored: the validation split where there is no test split. */ split: Split;
  /** What must be said with the scores. */ warning: string | undefined;
};

async function load(folder: string, config: RunConfig, { log, startProgress }: TrainingOptions): Promise<Loaded> {
  const dataset = await readDataset(folder);
  samplesOf(dataset, 'train'); // there is nothing to train on without
  samplesOf(dataset, 'valid'); // early stopping needs it
  const { dataset: labelled, ...labels } = await withLabels(dataset, config, log);
  const total = dataset.train.length + dataset.valid.length + dataset.test.length;
  const progress = startProgress('decoding', total, 'samples');
  const examples = await loadExamples(labelled, (done) => progress.update(done, ''), {
    firstSeconds: config.model.audio.maxSeconds,
  });
  progress.stop();
  log(`${folder}: ${dataset.train.length} train, ${dataset.valid.length} valid, ${dataset.test.length} test samples`);
  for (const line of shortcomings(labelled, config.model.tasks)) log(`warning: ${line}`);
  const split = dataset.test.length > 0 ? 'test' : 'valid';
  return { examples, labels, split, warning: scoresWarning(split, labels.event?.warning) };
}

async function trainOne(
  config: RunConfig,
  folder: RunFolder,
  { examples, labels }: Loaded,
  { log, root, signal, startProgress }: TrainingOptions,
  open: OpenOptions,
): Promise<string> {
  await folder.start(examples.train, labels.files);
  if (labels.event) folder.log(labels.event);
  const started = Date.now();
  const perEpoch = Math.ceil(examples.train.length / config.training.batchSize);
  const steps = Math.min(perEpoch * config.training.maxEpochs, config.training.maxSteps ?? Number.POSITIVE_INFINITY);
  const stepSeconds: number[] = [];
  let [lastStep, parameters] = [0, 0];
  const progress = startProgress(`seed ${config.seed}`, steps, 'steps');
  const result = await train(config, {
    train: examples.train,
    valid: examples.valid,
    lengths: examples.lengths,
    load: examples.load,
    encoders: open,
    signal,
    onEvent(event) {
      folder.log({ seconds: (Date.now() - started) / 1000, ...event });
      const now = Date.now();
      if (event.event === 'step') {
        if (lastStep > 0) stepSeconds.push((now - lastStep) / 1000);
        lastStep = now;
        const rate = (event.step * config.training.batchSize) / ((Date.now() - started) / 1000);
        progress.update(
          event.step,
          `loss ${event.loss.toFixed(3)}, epoch ${event.epoch}, ${rate.toFixed(0)} samples/s`,
        );
      } else {
        lastStep = 0; // the validation is no part of the next step
        log(epochLine(event, config));
      }
    },
    onBest(best) {
      parameters = countParams(best.params);
      return folder.saveBest(best);
    },
  }).finally(() => progress.stop());
  const seconds = Math.round((Date.now() - started) / 1000);
  const where = relative(root, folder.path);
  if (result.stopped === 'interrupted') {
    log(
      `stopped after ${result.steps} steps; ${result.bestEpoch > 0 ? `the best model so far is in ${where}` : 'nothing was trained yet'}`,
    );
  } else {
    await folder.finish({ ...result, seconds, parameters, stepSeconds: median(stepSeconds) });
    log(`${where}: ${result.steps} steps in ${seconds} s, best epoch ${result.bestEpoch} (${result.stopped})`);
  }
  return result.stopped;
}

/** The metrics of a trained run on a split. */
async function testRun({ path }: RunFolder, examples: readonly Example[], open: OpenOptions): Promise<Evaluation> {
  const { config, model, thresholds } = await loadTrainedRun(path, open);
  const { predictions } = predict(model, examples, { ablate: config.training.ablate });
  disposeParams(model.params);
  return evaluate(examples, predictions, thresholds);
}
