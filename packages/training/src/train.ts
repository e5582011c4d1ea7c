import type { Ranks } from '@mmolre/backend';
import { batches, type Loaded, NUM_EMOTIONS, readAhead } from '@mmolre/datasets';
import { sha256Of } from '@mmolre/files';
import { balancedCategoryWeights, balancedClassWeights, defaultThreshold } from '@mmolre/losses';
import { chooseThresholds } from '@mmolre/metrics';
import {
  type Evaluation,
  type Example,
  evaluate,
  type Model,
  type Prediction,
  predict,
  withParams,
} from '@mmolre/model';
import {
  disposeAdamW,
  type FitEvent,
  type FitPosition,
  fit,
  initAdamW,
  NotFiniteError,
  type StoredTensor,
  variables,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { adamWOptions } from './adamw-options';
import type { CheckpointState } from './checkpoints';
import { divide } from './ranks/divide';
import { assertSameState } from './ranks/same-state';
import { isAnyAborted } from './ranks/stop';
import type { RunConfig } from './run-config';
import { selectionScore } from './selection';
import { type StepBatch, trainStep } from './train-step';
import { assignWeights, optimizerFrom, optimizerTensors, weightTensors } from './training-state';
import { type GatesEvent, gatesOf } from './watch/gates';
import { averageWeights } from './weight-average';

/** What happened, as a line of `metrics.jsonl` has it. */
export type TrainEvent =
  | ({ event: 'step'; samples: number /** For the batch's data. */; waitSeconds: number } & FitEvent)
  | {
      event: 'epoch';
      epoch: number;
      step: number;
      trainLoss: number;
      validLoss: number;
      best: boolean;
      valid: Evaluation;
    }
  | {
      event: 'not-finite';
      /** The last one whose result was finite. */ step: number;
      reason: string;
      /** Of the last batch. */ ids: string[];
    };

export type TrainOptions = {
  train: readonly Example[];
  valid: readonly Example[];
  /** Of each training sample, in any unit: what `training.lengthBuckets` and parts of a batch go by. */
  lengths?: readonly number[];
  /** Whether each training sample has a recording, where `load` decodes them; by the examples if left out. */
  recorded?: readonly boolean[];
  /** Completes the examples of a batch, such as by their recordings; called some batches ahead. They are complete if left out. */
  load?: (examples: readonly Example[]) => Promise<readonly Example[]>;
  onEvent: (event: TrainEvent | GatesEvent) => void;
  /** Called at the end of each epoch, where a step is due, and where training stops early; awaited. What it throws ends the training. */
  onCheckpoint: (checkpoint: TrainCheckpoint) => Promise<void>;
  /** Whether to hand out a checkpoint after this step too, counted from 1: never. */
  isDue?: (step: number) => boolean;
  /** Goes on from there, as if it had never stopped. */
  from?: SavedTraining;
  /** Stops after the step in progress. */
  signal: AbortSignal;
  /** So many parts of each batch are computed one by one, each padded and drawn for by itself; one process or several come to the same: 1. */
  parts?: number;
  /** The processes that train this model together, all with these arguments; they share the parts. A signal of any stops all. */
  ranks?: Ranks | undefined;
};

/** Steps after which ranks compare what they hold, beside each epoch's end. */
const COMPARE_STEPS = 100;

/** Where a training stands: enough to go on from, and the model so far. Its tensors are the training's own, or freed after the call. */
export type TrainCheckpoint = {
  /** With the weights that are evaluated. */ model: Pick<Model, 'params' | 'opened'>;
  /** As it was trained: with numbers where the run's asks for weights by the training labels. */ config: RunConfig;
  /** One an emotion, if the model predicts them; undefined within an epoch, too. */ thresholds: number[] | undefined;
  /** The best so far: its epoch, and its score, of which lower is better. */ best:
    | { epoch: number; score: number }
    | undefined;
  /** Whether the best is this one. */ isBest: boolean;
  state: Pick<CheckpointState, 'position' | 'adam' | 'average'>;
  /** Moments, and weights that are trained where others are evaluated. */ tensors: ReadonlyMap<string, tf.Tensor>;
};

/** What a checkpoint has kept. */
export type SavedTraining = {
  state: Pick<CheckpointState, 'position' | 'adam' | 'average' | 'best'>;
  /** Of `model.safetensors` and `training.safetensors`, and what error messages call them. */
  weights: ReadonlyMap<string, StoredTensor>;
  tensors: ReadonlyMap<string, StoredTensor>;
  names: { weights: string; tensors: string };
};

export type TrainResult = {
  stopped: 'finished' | 'patience' | 'interrupted' | 'not-finite';
  /** What was not finite. */ reason?: string;
  /** 0 if there is none yet. */ bestEpoch: number;
  steps: number;
};

/**
 * Trains a model, and hands out checkpoints, one of which has the best one by `training.selectBy`: by default that of the lowest task loss on
 * the validation samples, for all metrics at once.
 *
 * The result is a function of the model, the configuration, the data and the backend alone, also if it is stopped after any step and goes on in
 * another process.
 *
 * @param model Fresh, as `createModel` makes it; the caller frees its parameters.
 * @see MMoLRE, section IV-B
 */
export async function train(model: Model, run: RunConfig, options: TrainOptions): Promise<TrainResult> {
  const config = withClassWeights(run, options.train);
  const { training, seed } = config;
  const { from } = options;
  const lengths = training.lengthBuckets ? options.lengths : undefined;
  if (training.lengthBuckets && !lengths)
    throw new Error('training.lengthBuckets: expected the lengths of the samples');
  const fitEncoders = await fitter(model, options);
  fitEncoders(model);
  const trained = variables(model.params);
  if (from?.state.average) assignWeights(trained, from.tensors, from.names.tensors, 'weights.');
  else if (from) assignWeights(trained, from.weights, from.names.weights);
  const optimizer = from
    ? optimizerFrom(trained, from.state.adam, from.tensors, from.names.tensors, adamWOptions(training))
    : initAdamW(trained, adamWOptions(training));
  const average =
    training.averageDecay > 0
      ? averageWeights(model.params, training.averageDecay, from?.state.average ?? undefined)
      : undefined;
  if (from && average) assignWeights(variables(average.params), from.weights, from.names.weights);
  const candidate = { ...(average ? withParams(model, average.params) : model), config: config.model };
  const order = (epoch: number) =>
    batches(options.train.length, {
      batchSize: training.batchSize,
      seed,
      epoch: epoch - 1, // counted from 0 there
      ...(lengths && { lengths }),
    });
  const { ranks, parts: numParts = 1 } = options;
  const loadBatch = async (indices: number[]): Promise<StepBatch> => {
    const examples = indices.map((i) => options.train[i]!);
    const parts = divide(
      indices.map((i) => options.lengths?.[i] ?? 1),
      numParts,
    );
    const mine = parts.flatMap((part, number) =>
      part.length > 0 && (!ranks || number % ranks.size === ranks.rank) ? [{ part: number, positions: part }] : [],
    );
    const load = options.load ?? (async (all: readonly Example[]) => all);
    const own = mine.map(async ({ part, positions }) => ({
      part,
      examples: await load(positions.map((position) => examples[position]!)),
    }));
    const hasAudio = indices.map((i, k) => options.recorded?.[i] ?? examples[k]!.audio !== undefined);
    return { examples, hasAudio, parts, own: await Promise.all(own) };
  };
  /** Of ranks: what is asked of one is done by all. */
  const stop = new AbortController();
  const steps = Math.min(order(1).length * training.maxEpochs, training.maxSteps ?? Number.POSITIVE_INFINITY);
  const schedule = { kind: training.schedule, warmupSteps: training.warmupSteps, totalSteps: steps };

  let best: TrainCheckpoint['best'] = from?.state.best ?? undefined;
  /** Of the epoch that has just ended. */
  let validated: { isBest: boolean; thresholds: number[] | undefined } | undefined;
  let position: FitPosition | undefined = from?.state.position;
  let saved = position?.step ?? 0;
  let batch: readonly Example[] = [];

  const validate = (epoch: number) => {
    average?.settle();
    fitEncoders(candidate);
    const { predictions, loss } = predict(candidate, options.valid, {
      ablate: training.ablate,
      ...(ranks && { together: ranks }),
    });
    const wrong = predictions.find(
      ({ sentiment = 0, emotions = [] }) => ![sentiment, ...emotions].every(Number.isFinite),
    );
    if (wrong) throw new NotFiniteError(`the prediction for the validation sample ${wrong.id} is not a finite number`);
    const thresholds = thresholdsFrom(config, options.valid, predictions);
    const valid = evaluate(options.valid, predictions, thresholds);
    const score = selectionScore(training.selectBy, { epoch, loss }, valid);
    const isBest = score < (best?.score ?? Number.POSITIVE_INFINITY);
    if (isBest) best = { epoch, score };
    validated = { isBest, thresholds };
    return { validLoss: loss, best: isBest, valid };
  };
  const handOut = async (at: FitPosition) => {
    const { tensors: moments, adam } = optimizerTensors(optimizer);
    const tensors = new Map([...(average ? weightTensors(trained) : []), ...moments]);
    const { isBest, thresholds } = validated ?? { isBest: false, thresholds: undefined };
    const state = { position: at, adam, average: average?.counts() ?? null };
    try {
      await options.onCheckpoint({ model: candidate, config, thresholds, best, isBest, state, tensors });
    } finally {
      tf.dispose([...moments.values()]);
    }
    saved = at.step;
  };
  const isEnough = (epoch: number) => epoch - (best?.epoch ?? 0) >= training.patience;

  try {
    // Stopped between the last epoch's end and the word that it was enough.
    if (from && from.state.position.batch === 0 && isEnough(from.state.position.epoch - 1))
      return { stopped: 'patience', bestEpoch: best?.epoch ?? 0, steps: from.state.position.step };
    const { stopped } = await fit<number[], Loaded<StepBatch>>({
      steps,
      order,
      load: (keys) => readAhead(keys, loadBatch),
      step: ({ value }, step) => {
        batch = value.examples;
        validated = undefined;
        const loss = trainStep({ ...model, config: config.model }, value, optimizer, training, step, ranks);
        average?.update();
        if (ranks && isAnyAborted(ranks, options.signal)) stop.abort();
        return loss;
      },
      learningRate: training.learningRate,
      schedule,
      seed,
      signal: ranks ? stop.signal : options.signal,
      ...(from && { from: from.state.position }),
      onStep: (step, { value: { examples }, waitSeconds }) =>
        options.onEvent({ event: 'step', ...step, samples: examples.length, waitSeconds }),
      onEpoch: async ({ epoch, step, meanLoss: trainLoss }) => {
        options.onEvent({ event: 'epoch', epoch, step, trainLoss, ...validate(epoch) });
        if (config.model.unitse.numBlocks > 0 && !(ranks && ranks.rank > 0))
          options.onEvent({ event: 'gates', epoch, step, ...gatesOf(candidate, options.valid, training.ablate) });
        return isEnough(epoch);
      },
      onPosition: async (now, at) => {
        position = now;
        const isNew = now.step !== saved;
        if (ranks && (at === 'epoch' || (at === 'step' && now.step % COMPARE_STEPS === 0)))
          assertSameState(ranks, optimizer, now.step);
        if (at === 'epoch' || (isNew && (at === 'interrupted' || options.isDue?.(now.step)))) await handOut(now);
      },
    });
    if (!best && stopped !== 'interrupted')
      throw new Error(`training.selectBy: ${training.selectBy} had no value in any epoch; expected one that has`);
    return {
      stopped: stopped === 'enough' ? 'patience' : stopped,
      bestEpoch: best?.epoch ?? 0,
      steps: position?.step ?? 0,
    };
  } catch (error) {
    if (!(error instanceof NotFiniteError)) throw error;
    // Its weights are of no use: the last checkpoint is the last good state.
    const [reason, steps] = [error.message, position?.step ?? 0];
    options.onEvent({ event: 'not-finite', step: steps, reason, ids: batch.map(({ id }) => id) });
    return { stopped: 'not-finite', reason, bestEpoch: best?.epoch ?? 0, steps };
  } finally {
    disposeAdamW(optimizer);
    average?.dispose();
  }
}

const hashOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  sha256Of([new Uint8Array(buffer, byteOffset, byteLength)]);

/** Training samples, evenly spread, that encoders are fitted to. */
const FITTED_TO = 1024;

/** What measures over the training samples that encoders take from them beside training (`OpenedEncoder.fit`): always the same samples. */
async function fitter({ opened }: Model, { train, load }: TrainOptions) {
  if (!opened.text.fit && !opened.audio.fit) return () => {};
  const every = Math.ceil(train.length / FITTED_TO);
  const chosen = train.filter((_, i) => i % every === 0);
  const examples = load ? await load(chosen) : chosen;
  const texts = [...new Set(examples.flatMap(({ text }) => text ?? []))];
  // By content: what is decoded as training goes on is another array each time.
  const clips = [
    ...new Map(examples.flatMap(({ audio }) => (audio ? [[hashOf(audio), audio] as const] : []))).values(),
  ];
  return ({ params }: Pick<Model, 'params'>) => {
    opened.text.fit?.(params.text, texts);
    opened.audio.fit?.(params.audio, clips);
  };
}

/** The run with the weights of its emotions as numbers. */
export function withClassWeights(run: RunConfig, examples: readonly Example[]): RunConfig {
  if (run.model.emotionClassWeights !== 'balanced') return run;
  const labels = examples.flatMap(({ emotions }) => (emotions ? [emotions] : []));
  const balanced = run.model.emotionLoss === 'category-ce' ? balancedCategoryWeights : balancedClassWeights;
  return { ...run, model: { ...run.model, emotionClassWeights: balanced(labels, NUM_EMOTIONS) } };
}

function thresholdsFrom(
  { model, training }: RunConfig,
  valid: readonly Example[],
  predictions: readonly Prediction[],
): number[] | undefined {
  if (!model.tasks.includes('emotion')) return undefined;
  const fallback = defaultThreshold(model.emotionLoss, NUM_EMOTIONS);
  const labelled = valid.flatMap(({ emotions }, i) => (emotions ? [i] : []));
  if (training.thresholds === 'fixed') return new Array(NUM_EMOTIONS).fill(fallback);
  return chooseThresholds(
    labelled.map((i) => predictions[i]!.emotions!),
    labelled.map((i) => valid[i]!.emotions!),
    fallback,
    NUM_EMOTIONS,
  );
}
