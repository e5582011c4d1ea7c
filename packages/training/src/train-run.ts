import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ranks } from '@mmolre/backend';
import { type SimpleModels, writeSimpleModels } from '@mmolre/baselines';
import type { Split } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { sha256Of, writeFileSafely } from '@mmolre/files';
import { median, medianBaseline } from '@mmolre/metrics';
import { createModel, type Example, evaluate, MODALITIES, type Model, predict } from '@mmolre/model';
import { countParams, disposeParams, FIT_START, leaves, parseSafetensors, variables } from '@mmolre/nn';
import { shown } from '@mmolre/report';
import { type OpenOptions, saveModel, writeTensors } from './checkpoint';
import type { Checkpoint } from './checkpoints';
import { epochLine } from './epoch-line';
import type { Examples } from './examples';
import { isFinished, type OpenRun, pointLatest, type RunOptions, withRun } from './open-run';
import { type PassOptions, predictPasses } from './part-passes';
import { partScores, type TestScores } from './part-scores';
import { modalityParts } from './parts';
import { predictionsCsv, simplePredictionsCsv } from './predictions-csv';
import type { Progress, StartProgress } from './progress';
import { assertAlike } from './ranks/agree';
import { follow, lead, whatIsTrained } from './ranks/follow';
import { broadcastJson } from './ranks/messages';
import { shareWeights } from './ranks/start';
import { whileOthersWait } from './ranks/wait';
import { writeReport } from './report/write-report';
import type { RunConfig } from './run-config';
import { checkpointFile, runFile } from './run-layout';
import type { BackendFacts, RunIdentity } from './run-record';
import { type Finished, readResult, type TestResult } from './run-result';
import { simpleRows } from './simple-rows';
import { stepsLeft } from './steps-left';
import { type SavedTraining, train } from './train';
import { loadTrainedRun } from './trained-run';
import { tensorsHash } from './training-state';
import { type Watcher, watchAll } from './watch/watcher';

export type TrainRunOptions = Omit<RunOptions, 'seed' | 'dataFolder' | 'shown'> & {
  backend: BackendFacts;
  /** SHA-256 of the data. */ data: string;
  examples: Examples;
  /** What is scored. */ split: Split;
  /** Files for the run's folder by their names, and what is told of its labels in the log. */
  labels: { files: Record<string, string>; event: object | undefined };
  /** Makes a checkpoint every so many steps, too; in any case at each epoch's end and every ten minutes. */ saveEvery?:
    | number
    | undefined;
  /** Fits what the result is held against: the same for every seed. */ simpleModels: () => Promise<SimpleModels>;
  open: OpenOptions;
  /** Hear the run. */ watchers: readonly Watcher[];
  startProgress: StartProgress;
  signal: AbortSignal;
  /** How the run is called in lines for people. */ shown: string;
  /** The processes that train it together. */ ranks?: Ranks | undefined;
};

const SAVE_SECONDS = 600;

/**
 * Trains one run to its end, or goes on with it, and tests its best model. Of several ranks the first has the run's folder; the others only
 * compute.
 *
 * @returns The test; undefined if it was interrupted.
 * @throws One line, such as where the loss is not finite.
 */
export async function trainRun(
  path: string,
  config: RunConfig,
  options: TrainRunOptions,
): Promise<TestResult | undefined> {
  const { log, open, ranks } = options;
  const model = await createModel(config.model, config.seed, { ...open, find: findPlace });
  try {
    const identity: RunIdentity = {
      config: identityConfig(config),
      data: options.data,
      encoders: encoderHashes(model),
      backend: options.backend,
    };
    if (ranks) {
      assertAlike(ranks, { identity, code: options.session.code });
      shareWeights(ranks, variables(model.params));
    }
    if (ranks && ranks.rank > 0) return await follow(ranks, model, config, options);
    return await withRun(path, identity, { ...options, seed: config.seed, dataFolder: config.data }, async (run) => {
      const isTrained = isFinished(path);
      const from = run.from && (await savedTraining(run.from));
      if (ranks) lead(ranks, { isTrained, parts: run.parts }, from);
      if (isTrained) log(`${options.shown} is already trained (--force trains it again)`);
      else if (!(await trainOn(run, model, config, from, options))) return undefined;
      const known = await readResult(path);
      if (ranks) broadcastJson(ranks, known === undefined);
      const result = known ?? (await testRun(path, config, options));
      if (ranks) broadcastJson(ranks, result);
      await pointLatest(path, log);
      return result;
    });
  } finally {
    disposeParams(model.params);
  }
}

/**
 * A configuration without where the data lies and how it is read: it is known by its content. What older runs do not have is left out where it
 * is as it was with them.
 */
export function identityConfig({ data: _, reading: __, fold, training, ...config }: RunConfig): RunIdentity['config'] {
  const { precision, ...rest } = training;
  return { ...config, training: precision === 'float32' ? rest : training, ...(fold && { fold }) };
}

/** @returns Whether it came to its end. */
async function trainOn(
  run: OpenRun,
  model: Model,
  config: RunConfig,
  from: SavedTraining | undefined,
  options: TrainRunOptions,
): Promise<boolean> {
  const { examples, labels, log, signal, saveEvery } = options;
  if (!run.from) {
    for (const [name, content] of Object.entries(labels.files)) await writeFileSafely(join(run.path, name), content);
    if (labels.event) run.append(labels.event);
  }
  const { baselines, steps } = {
    baselines: baselinesOf(examples.train),
    steps: stepsOf(config, examples.train.length),
  };
  const { position, best: known, seconds: before } = run.from?.state ?? { position: FIT_START, best: null, seconds: 0 };
  const watcher = watchAll(options.watchers, log);
  watcher.event({ event: 'start', step: position.step, seconds: before });
  const perEpoch = Math.ceil(examples.train.length / config.training.batchSize);
  const { patience } = config.training;
  let [epoch, bestEpoch] = [position.epoch - 1, known?.epoch ?? 0];
  const progress = options.startProgress(`seed ${config.seed}`, steps, 'steps', position.step);
  const started = performance.now();
  const stepSeconds: number[] = [];
  let [lastStep, lastSave, reported] = [0, started, epoch];
  const result = await train(model, config, {
    ...whatIsTrained(examples, { parts: run.parts, from }),
    signal,
    ranks: options.ranks,
    isDue: (step) =>
      (saveEvery !== undefined && step % saveEvery === 0) || performance.now() - lastSave > SAVE_SECONDS * 1000,
    onEvent(event) {
      watcher.event(run.append(event));
      const now = performance.now();
      if (event.event === 'step') {
        if (lastStep > 0) stepSeconds.push((now - lastStep) / 1000);
        lastStep = now;
        const rate = ((event.step - position.step) * config.training.batchSize) / ((now - started) / 1000);
        const likely = event.step + stepsLeft({ step: event.step, steps, perEpoch, epoch, bestEpoch, patience });
        const note = `loss ${event.loss.toFixed(3)}, epoch ${event.epoch}, ${rate.toFixed(0)} samples/s`;
        progress.update(event.step, note, likely);
      } else if (event.event === 'epoch') {
        lastStep = 0; // the validation is no part of the next step
        epoch = event.epoch;
        if (event.best) bestEpoch = epoch;
        log(epochLine(event, config));
      }
    },
    async onCheckpoint({ model: evaluated, config: trained, thresholds, tensors, ...checkpoint }) {
      await run.save({
        ...checkpoint,
        async write(folder) {
          await saveModel(folder, evaluated, trained);
          if (thresholds) await writeJson(checkpointFile(folder, 'thresholds'), thresholds);
          await writeJson(checkpointFile(folder, 'baselines'), baselines);
          await writeTensors(checkpointFile(folder, 'tensors'), tensors);
        },
      });
      if (epoch > reported) await report(run.path, config, log);
      reported = epoch;
      [lastStep, lastSave] = [0, performance.now()];
    },
  }).finally(() => {
    progress.stop();
    return watcher.close();
  });

  const seconds = Math.round(before + (performance.now() - started) / 1000);
  const best =
    result.bestEpoch > 0 ? `the best model so far is that of epoch ${result.bestEpoch}` : 'no epoch has ended yet';
  if (result.stopped === 'interrupted') {
    log(`${options.shown}: stopped after ${result.steps} steps; ${best}; ${options.goesOn}`);
    return false;
  }
  if (result.stopped === 'not-finite') {
    if (result.bestEpoch > 0) await tellBest(run.path, options);
    throw new Error(
      `${options.shown}: it has diverged after step ${result.steps}: ${result.reason}; metrics.jsonl has the batch; the last checkpoint is kept, and ${best}`,
    );
  }
  const facts: Finished = {
    ...result,
    seconds,
    parameters: countParams(model.params),
    stepSeconds: median(stepSeconds),
  };
  await run.finish(facts);
  log(`${options.shown}: ${result.steps} steps in ${seconds} s, best epoch ${result.bestEpoch} (${result.stopped})`);
  return true;
}

const writeJson = (path: string, value: unknown) => writeFileSafely(path, `${JSON.stringify(value)}\n`);

/** All steps of a run, unless it is stopped early. */
const stepsOf = ({ training }: RunConfig, samples: number): number =>
  Math.min(Math.ceil(samples / training.batchSize) * training.maxEpochs, training.maxSteps ?? Number.POSITIVE_INFINITY);

/** What is always predicted that knows the training labels alone. */
const baselinesOf = (train: readonly Example[]) => ({
  sentiment: medianBaseline(train.flatMap(({ sentiment }) => sentiment ?? [])),
});

/** Scores the best model and what it is held against, and keeps all that. */
async function testRun(path: string, config: RunConfig, options: TrainRunOptions): Promise<TestResult> {
  const { examples, split, open, log } = options;
  const { test, predictions } = await testBest(path, examples[split], options);
  return whileOthersWait(options.ranks, async () => {
    const models = await options.simpleModels();
    await writeSimpleModels(runFile(path, 'simpleModels'), models);
    await writeFileSafely(runFile(path, 'predictions'), predictions);
    const simple = await simpleRows(models, examples[split], { ...open, find: findPlace, log }, (scored) =>
      writeFileSafely(runFile(path, 'simplePredictions'), simplePredictionsCsv(examples[split], scored)),
    );
    await writeFileSafely(runFile(path, 'test'), `${JSON.stringify({ split, ...test, simple })}\n`);
    await report(path, config, log);
    return { split, test, simple };
  });
}

/** Writes the run's report as it stands. What goes wrong with it is told, and costs no training. */
async function report(run: string, config: RunConfig, log: (line: string) => void): Promise<void> {
  await writeReport(run, config).catch(({ message }: Error) => log(`warning: no report of it: ${message}`));
}

async function savedTraining({ folder, state }: Checkpoint): Promise<SavedTraining> {
  const names = { weights: checkpointFile(folder, 'weights'), tensors: checkpointFile(folder, 'tensors') };
  return {
    state,
    names,
    weights: parseSafetensors(await readFile(names.weights), names.weights),
    tensors: parseSafetensors(await readFile(names.tensors), names.tensors),
  };
}

/** SHA-256 of what each encoder was opened from: its files, and its weights before training. */
function encoderHashes({ opened, params }: Model): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const modality of MODALITIES) {
    for (const [name, content] of opened[modality].files) hashes[`${modality}/${name}`] = sha256Of([content]);
    hashes[`${modality}/weights`] = tensorsHash(leaves(params[modality]));
  }
  return hashes;
}

/** The metrics of a run's best model on a split, and of the parts of it by modality; and what it says of each sample, as CSV. */
async function testBest(
  path: string,
  examples: readonly Example[],
  { open, startProgress, ranks }: Pick<TrainRunOptions, 'open' | 'startProgress' | 'ranks'>,
): Promise<{ test: TestScores; predictions: string }> {
  const { config, model, thresholds } = await loadTrainedRun(path, open);
  let progress: Progress | undefined;
  const onProgress: PassOptions['onProgress'] = (done, total, pass) => {
    progress ??= startProgress('testing', total, 'predictions');
    progress.update(done, pass);
  };
  if (ranks) shareWeights(ranks, leaves(model.params));
  const passes = predictPasses(model, examples, { ablate: config.training.ablate, onProgress, together: ranks });
  progress?.stop();
  disposeParams(model.params);
  const { tasks } = config.model;
  const parts = modalityParts({ passes, tasks, thresholds });
  const test: TestScores = {
    ...evaluate(examples, passes.whole, thresholds),
    parts: parts.map((part) => partScores({ examples, tasks, thresholds }, part)),
  };
  return { test, predictions: predictionsCsv(examples, passes.whole, thresholds) };
}

async function tellBest(path: string, { log, examples, split, open }: TrainRunOptions): Promise<void> {
  const { config, model, thresholds } = await loadTrainedRun(path, open);
  const { predictions } = predict(model, examples[split], { ablate: config.training.ablate });
  disposeParams(model.params);
  const { sentiment, emotion } = evaluate(examples[split], predictions, thresholds);
  const scores = [
    sentiment && `mean absolute error ${shown(sentiment.mae)}, correlation ${shown(sentiment.corr)}`,
    emotion && `recall ${shown(emotion.categoryRecall.mean)}`,
  ];
  log(`the best model on the ${split} split: ${scores.filter(Boolean).join(', ')}`);
}
