import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { EMOTIONS, readLabelFolder } from '@mmolre/datasets';
import {
  departures,
  type Evaluation,
  evaluate,
  loadModel,
  type PresetName,
  predict,
  type RunConfig,
} from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import { resolveConfig } from './config';
import { type Examples, loadExamples } from './examples';
import { createProgress } from './progress';
import { openRunFolder, type RunFolder } from './run-folder';
import { summary } from './summary';
import { train } from './train';

export type TrainingOptions = {
  preset: PresetName;
  data?: string;
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
  const base = resolveConfig({ preset: options.preset, file: options.config, set: options.set });
  const data = options.data ?? resolve(root, base.data);
  const seeds = options.seeds ?? [base.seed];
  log(`preset ${options.preset}; it leaves the paper in:`);
  const lines = departures(base);
  for (const line of lines.length > 0 ? lines : ['nothing']) log(`  ${line}`);

  let examples: Examples | undefined;
  const results: { seed: number; run: string; test: Evaluation }[] = [];
  for (const seed of seeds) {
    const config: RunConfig = { ...base, data, seed };
    const folder = openRunFolder(join(options.runs, `${options.name ?? options.preset}-seed${seed}`), config);
    const shown = relative(root, folder.path);
    if (folder.isFinished() && !options.force) {
      log(`${shown} is already trained (--force trains it again)`);
    } else {
      examples ??= await load(data, log);
      const stopped = await trainOne(config, folder, examples, options);
      if (stopped === 'interrupted') return 130;
    }
    examples ??= await load(data, log);
    const test = testRun(folder, config, examples);
    results.push({ seed, run: shown, test });
    if (options.json) process.stdout.write(`${JSON.stringify({ seed, run: shown, test })}\n`);
  }
  if (!options.json) process.stdout.write(summary(results.map(({ seed, test }) => ({ seed, test }))));
  return 0;
}

async function load(folder: string, log: (line: string) => void): Promise<Examples> {
  const dataset = await readLabelFolder(folder);
  if (dataset.train.length === 0)
    throw new Error(`${join(folder, 'label.csv')}: no row with mode train, so there is nothing to train on`);
  if (dataset.valid.length === 0)
    throw new Error(`${join(folder, 'label.csv')}: no row with mode valid, which early stopping needs`);
  const total = dataset.train.length + dataset.valid.length + dataset.test.length;
  const progress = createProgress('decoding', total, 'samples');
  const examples = await loadExamples(dataset, (done) => progress.update(done, ''));
  progress.stop();
  log(`${folder}: ${dataset.train.length} train, ${dataset.valid.length} valid, ${dataset.test.length} test samples`);
  return examples;
}

async function trainOne(
  config: RunConfig,
  folder: RunFolder,
  examples: Examples,
  { log, root, signal }: TrainingOptions,
): Promise<string> {
  await folder.start(examples.train);
  const started = Date.now();
  const perEpoch = Math.ceil(examples.train.length / config.training.batchSize);
  const progress = createProgress(`seed ${config.seed}`, perEpoch * config.training.maxEpochs, 'steps');
  const result = await train(config, {
    train: examples.train,
    valid: examples.valid,
    signal,
    onEvent(event) {
      folder.log({ seconds: (Date.now() - started) / 1000, ...event });
      if (event.event === 'step') {
        const rate = (event.step * config.training.batchSize) / ((Date.now() - started) / 1000);
        progress.update(
          event.step,
          `loss ${event.loss.toFixed(3)}, epoch ${event.epoch}, ${rate.toFixed(0)} samples/s`,
        );
      } else {
        const { sentiment, emotion } = event.valid;
        const show = (value: number | undefined) => value?.toFixed(3) ?? 'undefined';
        log(
          `epoch ${event.epoch}: train loss ${event.trainLoss.toFixed(3)}, valid loss ${event.validLoss.toFixed(3)}${event.best ? ' (best)' : ''}, ` +
            `corr ${show(sentiment.corr)}, recall ${show(emotion.categoryRecall.mean)}`,
        );
      }
    },
    onBest: (best) => folder.saveBest(best),
  }).finally(() => progress.stop());
  const seconds = Math.round((Date.now() - started) / 1000);
  const where = relative(root, folder.path);
  if (result.stopped === 'interrupted') {
    log(
      `stopped after ${result.steps} steps; ${result.bestEpoch > 0 ? `the best model so far is in ${where}` : 'nothing was trained yet'}`,
    );
  } else {
    await folder.finish({ ...result, seconds });
    log(`${where}: ${result.steps} steps in ${seconds} s, best epoch ${result.bestEpoch} (${result.stopped})`);
  }
  return result.stopped;
}

/** The test split's metrics of a trained run; the validation split's where there is no test split. */
function testRun(folder: RunFolder, config: RunConfig, examples: Examples): Evaluation {
  const { model } = loadModel(folder.path);
  const file = join(folder.path, 'thresholds.json');
  if (!existsSync(file)) throw new Error(`${file}: not found; train the run again (--force)`);
  const thresholds: number[] = JSON.parse(readFileSync(file, 'utf8'));
  const split = examples.test.length > 0 ? examples.test : examples.valid;
  const { predictions } = predict(model, split, { batchSize: 64, ablate: config.training.ablate });
  disposeParams(model.params);
  return evaluate(split, predictions, thresholds, EMOTIONS);
}
