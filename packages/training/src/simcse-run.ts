import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ReadOptions } from '@mmolre/datasets';
import { isAddress, type Pooling } from '@mmolre/encoders';
import { findModel, loadText, saveText } from '@mmolre/encoders/node';
import { readJson, replaceFolder, sha256Of } from '@mmolre/files';
import {
  MINILM,
  measureSpace,
  readSimcseData,
  type SimcseData,
  type SimcseOptions,
  type SimcseState,
  type SpaceMeasures,
  simcseMaxTokens,
  trainSimcse,
} from '@mmolre/label-unification';
import { disposeParams, leaves, parseSafetensors, trainable } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { writeTensors } from './checkpoint';
import type { Checkpoint } from './checkpoints';
import { checkRun, isFinished, type OpenRun, type RunOptions, withRun } from './open-run';
import type { Progress, StartProgress } from './progress';
import { checkpointFile, runFile } from './run-layout';
import type { BackendFacts, RunIdentity } from './run-record';
import { assignWeights, optimizerFrom, optimizerTensors, tensorsHash, weightTensors } from './training-state';

export type SimcseRunOptions = Omit<RunOptions, 'dataFolder'> &
  ReadOptions & {
    backend: BackendFacts;
    /** A data set's folder, a .txt or a .csv file. */ data: string;
    /** What to start from: a folder, `hf:owner/name`, or `pip:minilm`. */ model: string;
    pooling?: Pooling | undefined;
    epochs: number;
    maxSteps?: number | undefined;
    batch: number;
    lr: number;
    temperature: number;
    maxTokens?: number | undefined;
    /** The run's folder; the trained model is in `model` below it. */ out: string;
    saveEvery?: number | undefined;
    startProgress: StartProgress;
    signal: AbortSignal;
  };

/** The content of `finished.json`: the settings and the figures. */
export type SimcseReport = {
  model: string;
  data: string;
  kind: SimcseData['kind'];
  pooling: Pooling;
  seed: number;
  epochs: number;
  maxSteps: number | null;
  batchSize: number;
  learningRate: number;
  temperature: number;
  maxTokens: number;
  steps: number;
  measuredOn: string;
  before: SpaceMeasures;
  after: SpaceMeasures;
};

const SAVE_SECONDS = 600;

/**
 * Trains a sentence encoder by SimCSE as a run like any other: with checkpoints, from which the same call goes on.
 *
 * @returns What it did; undefined if it was interrupted.
 * @throws One line, such as that the folder holds something else.
 */
export async function runSimcse(options: SimcseRunOptions): Promise<SimcseReport | undefined> {
  const { out, seed, log, shown = out } = options;
  await checkRun(out, {}, options);
  const { data, measured, measuredOn } = await readSimcseData(options.data, options);
  const model = await loadText(await folderOf(options.model, log));
  model.params = trainable(model.params);
  const pooling = options.pooling ?? defaultPooling(options.model, data);
  const maxTokens = options.maxTokens ?? simcseMaxTokens(model.config);
  const settings = {
    model: isAddress(options.model) ? options.model : basename(options.model),
    data: basename(options.data),
    kind: data.kind,
    pooling,
    seed,
    epochs: options.epochs,
    maxSteps: options.maxSteps ?? null,
    batchSize: options.batch,
    learningRate: options.lr,
    temperature: options.temperature,
    maxTokens,
  };
  const tokenizer = [...model.tokenizer.files].map(([name, text]) => [name, sha256Of([text])]);
  const identity: RunIdentity = {
    config: settings,
    data: sha256Of([JSON.stringify([data, measured])]),
    encoders: { ...Object.fromEntries(tokenizer), weights: tensorsHash(leaves(model.params)) },
    backend: options.backend,
  };
  try {
    return await withRun(out, identity, { ...options, dataFolder: options.data }, async (run) => {
      if (isFinished(out)) {
        log(`${shown} is already trained (--force trains it again)`);
        return (await readJson(runFile(out, 'finished'))) as SimcseReport;
      }
      const measure = () => measureSpace(model, measured, { pooling, maxTokens, seed });
      const before = measure();
      log(`${describe(data)}, pooling ${pooling}; measured on ${before.count} of ${measuredOn}`);
      const { stopped, steps } = await trainOn(run, model, data, { pooling, maxTokens, ...options });
      if (stopped === 'interrupted') {
        log(`${shown}: stopped after ${steps} steps; ${options.goesOn}`);
        return undefined;
      }
      const report: SimcseReport = { ...settings, steps, measuredOn, before, after: measure() };
      await replaceFolder(runFile(out, 'model'), (folder) => saveText(folder, model));
      await run.finish(report);
      return report;
    });
  } finally {
    disposeParams(model.params);
  }
}

type Model = Awaited<ReturnType<typeof loadText>>;

async function trainOn(
  run: OpenRun,
  model: Model,
  data: SimcseData,
  options: SimcseRunOptions & { pooling: Pooling; maxTokens: number },
) {
  const { signal, saveEvery, startProgress } = options;
  let progress: Progress | undefined;
  let lastSave = performance.now();
  let saved = run.from?.state.position.step ?? 0;
  const save = async ({ position, variables, optimizer }: SimcseState) => {
    const { tensors: moments, adam } = optimizerTensors(optimizer);
    await run
      .save({
        state: { position, adam, average: null },
        best: undefined,
        isBest: false,
        async write(folder) {
          await saveText(folder, model);
          await writeTensors(checkpointFile(folder, 'tensors'), new Map([...weightTensors(variables), ...moments]));
        },
      })
      .finally(() => tf.dispose([...moments.values()]));
    [lastSave, saved] = [performance.now(), position.step];
  };
  const from = run.from && (await savedState(run.from));
  return trainSimcse(model, data, {
    pooling: options.pooling,
    maxTokens: options.maxTokens,
    seed: options.seed,
    epochs: options.epochs,
    maxSteps: options.maxSteps,
    batchSize: options.batch,
    learningRate: options.lr,
    temperature: options.temperature,
    signal,
    from,
    onStep(event) {
      run.append({ event: 'step', ...event });
      progress ??= startProgress('training', event.steps, 'steps');
      progress.update(event.step, `loss ${event.loss.toFixed(4)}`);
    },
    async onPosition(state) {
      const { step } = state.position;
      const isDue =
        (saveEvery !== undefined && step % saveEvery === 0) || performance.now() - lastSave > SAVE_SECONDS * 1000;
      if (state.at === 'epoch' || (step !== saved && (state.at === 'interrupted' || isDue))) await save(state);
    },
  }).finally(() => progress?.stop());
}

/** What `trainSimcse` goes on from. */
async function savedState({ folder, state }: Checkpoint): Promise<NonNullable<SimcseOptions['from']>> {
  const name = checkpointFile(folder, 'tensors');
  const stored = parseSafetensors(await readFile(name), name);
  return {
    position: state.position,
    restore(variables) {
      assignWeights(variables, stored, name, 'weights.');
      return optimizerFrom(variables, state.adam, stored, name);
    },
  };
}

/** The model's folder; fetched where it is not there yet. */
function folderOf(model: string, log: (line: string) => void): Promise<string> {
  let shown = '';
  const onProgress = (file: string, _: number, total: number) => {
    if (file !== shown) log(`fetching ${file} (${(total / 1e6).toFixed(1)} MB)`);
    shown = file;
  };
  return findModel(model, { log, onProgress });
}

const describe = (data: SimcseData) =>
  data.kind === 'supervised'
    ? `supervised: ${data.triplets.length} triplets`
    : `unsupervised: ${data.texts.length} different texts`;

function defaultPooling(model: string, { kind }: SimcseData): Pooling {
  if (model === MINILM) return 'mean';
  return kind === 'supervised' ? 'pooler' : 'first';
}
