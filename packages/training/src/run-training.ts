import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { EMOTIONS, readDataset, type Split, samplesOf } from '@mmolre/datasets';
import { median } from '@mmolre/metrics';
import {
  departures,
  type EncoderOptions,
  type Evaluation,
  type Example,
  evaluate,
  openEncoders,
  type PresetName,
  predict,
  type RunConfig,
  type VariantName,
} from '@mmolre/model';
import { countParams, disposeParams } from '@mmolre/nn';
import { createProgress, summary } from '@mmolre/trainer';
import { loadModel } from './checkpoint';
import { resolveConfig } from './config';
import { type EncoderChoices, kindOf } from './encoder-option';
import { type Examples, loadExamples } from './examples';
import { openRunFolder, type RunFolder } from './run-folder';
import { scoresWarning, shortcomings } from './shortcomings';
import { train } from './train';
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
  json?: boolean;
  root: string;
  log: (line: string) => void;
  signal: AbortSignal;
};

/** Trains once a seed, tests each, reports them together. @returns The exit code: 0, or 130 if it was interrupted. */
export async function runTraining(options: TrainingOptions): Promise<number> {
  const { log, root } = options;
  const base = resolveConfig({ ...options, file: options.config });
  const data = options.data ?? resolve(root, base.data);
  const seeds = options.seeds ?? [base.seed];
  log(`preset ${options.preset}${options.variant ? `, variant ${options.variant}` : ''}; it leaves the paper in:`);
  const lines = departures(base);
  for (const line of lines.length > 0 ? lines : ['nothing']) log(`  ${line}`);
  const encoders: EncoderOptions = { cache: options.cache, log };

  const runs = seeds.map((seed) => {
    const config: RunConfig = { ...base, data, seed };
    const folder = openRunFolder(join(options.runs, runName(options, seed)), config);
    return { seed, config, folder };
  });
  const isTrained = ({ folder }: { folder: RunFolder }) => folder.isFinished() && !options.force;
  // What does not fit is said before recordings are decoded.
  if (!runs.every(isTrained)) await openEncoders(base.model, encoders);
  const loaded = await load(data, base, log);
  const { examples, split, warning } = loaded;
  const results: { seed: number; run: string; test: Evaluation }[] = [];
  for (const { seed, config, folder } of runs) {
    const shown = relative(root, folder.path);
    if (isTrained({ folder })) {
      log(`${shown} is already trained (--force trains it again)`);
    } else {
      const stopped = await trainOne(config, folder, loaded, options, encoders);
      if (stopped === 'interrupted') return 130;
    }
    const test = await testRun(folder, config, examples[split], encoders);
    await folder.saveTest(split, test);
    results.push({ seed, run: shown, test });
    const line = { seed, run: shown, split, test, warning };
    if (options.json) process.stdout.write(`${JSON.stringify(line, undefinedAsNull)}\n`);
  }
  if (!options.json) process.stdout.write(summary(results, split, warning));
  return 0;
}

/** The folder of a run among the others. */
export function runName(
  { name, preset, variant, text, audio }: Pick<TrainingOptions, 'name' | 'preset' | 'variant' | 'text' | 'audio'>,
  seed: number,
) {
  const parts = [preset, variant, text && `text-${kindOf(text)}`, audio && `audio-${kindOf(audio)}`];
  return `${name ?? parts.filter(Boolean).join('-')}-seed${seed}`;
}

/** For `JSON.stringify`: a task that the model does not have, and an undefined metric, are null. */
export const undefinedAsNull = (_key: string, value: unknown) => (value === undefined ? null : value);

type Loaded = {
  examples: Examples;
  labels: Omit<Labelled, 'dataset'>;
  /** What is scored: the validation split where there is no test split. */ split: Split;
  /** What must be said with the scores. */ warning: string | undefined;
};

async function load(folder: string, config: RunConfig, log: (line: string) => void): Promise<Loaded> {
  const dataset = await readDataset(folder);
  samplesOf(dataset, 'train'); // there is nothing to train on without
  samplesOf(dataset, 'valid'); // early stopping needs it
  const { dataset: labelled, ...labels } = await withLabels(dataset, config, log);
  const total = dataset.train.length + dataset.valid.length + dataset.test.length;
  const progress = createProgress('decoding', total, 'samples');
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
  { log, root, signal }: TrainingOptions,
  encoders: EncoderOptions,
): Promise<string> {
  await folder.start(examples.train, labels.files);
  if (labels.event) folder.log(labels.event);
  const started = Date.now();
  const perEpoch = Math.ceil(examples.train.length / config.training.batchSize);
  const steps = Math.min(perEpoch * config.training.maxEpochs, config.training.maxSteps ?? Number.POSITIVE_INFINITY);
  const stepSeconds: number[] = [];
  let [lastStep, parameters] = [0, 0];
  const progress = createProgress(`seed ${config.seed}`, steps, 'steps');
  const result = await train(config, {
    train: examples.train,
    valid: examples.valid,
    lengths: examples.lengths,
    load: examples.load,
    encoders,
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
        const { sentiment, emotion } = event.valid;
        const show = (value: number | undefined) => value?.toFixed(3) ?? 'undefined';
        log(
          `epoch ${event.epoch}: train loss ${event.trainLoss.toFixed(3)}, valid loss ${event.validLoss.toFixed(3)}${event.best ? ' (best)' : ''}` +
            (sentiment ? `, corr ${show(sentiment.corr)}` : '') +
            (emotion ? `, recall ${show(emotion.categoryRecall.mean)}` : ''),
        );
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
async function testRun(
  folder: RunFolder,
  config: RunConfig,
  examples: readonly Example[],
  encoders: EncoderOptions,
): Promise<Evaluation> {
  const thresholds = config.model.tasks.includes('emotion') ? readThresholds(folder) : undefined;
  const { model } = await loadModel(folder.path, encoders);
  const { predictions } = predict(model, examples, { batchSize: 64, ablate: config.training.ablate });
  disposeParams(model.params);
  return evaluate(examples, predictions, thresholds, EMOTIONS);
}

function readThresholds({ path }: RunFolder): number[] {
  const file = join(path, 'thresholds.json');
  if (!existsSync(file)) throw new Error(`${file}: not found; train the run again (--force)`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
