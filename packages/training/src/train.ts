import { batches, type Loaded, NUM_EMOTIONS, readAhead } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { balancedClassWeights, defaultThreshold } from '@mmolre/losses';
import { chooseThresholds } from '@mmolre/metrics';
import {
  createModel,
  type Evaluation,
  type Example,
  evaluate,
  type Model,
  type Prediction,
  predict,
  withParams,
} from '@mmolre/model';
import { disposeAdamW, disposeParams, type FitEvent, fit, initAdamW, variables } from '@mmolre/nn';
import { adamWOptions } from './adamw-options';
import type { OpenOptions } from './checkpoint';
import type { RunConfig } from './run-config';
import { trainStep } from './train-step';
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
    };

export type TrainOptions = {
  train: readonly Example[];
  valid: readonly Example[];
  /** Of each training sample, in any unit: what `training.lengthBuckets` goes by. */
  lengths?: readonly number[];
  /** Completes the examples of a batch, such as by their recordings; called some batches ahead. They are complete if left out. */
  load?: (examples: readonly Example[]) => Promise<readonly Example[]>;
  onEvent: (event: TrainEvent) => void;
  /** Called with every better model than the ones before; awaited. */
  onBest: (best: BestModel) => Promise<void>;
  /** What keeps what frozen parts of encoders make, and who is told of downloads. */
  encoders?: OpenOptions;
  /** Stops after the step in progress. */
  signal: AbortSignal;
};

export type BestModel = Pick<Model, 'params' | 'opened'> & {
  /** As it was trained: with numbers where the run's asks for weights by the training labels. */ config: RunConfig;
  /** One an emotion, if the model predicts them. */ thresholds: number[] | undefined;
  epoch: number;
};

export type TrainResult = { stopped: 'finished' | 'patience' | 'interrupted'; bestEpoch: number; steps: number };

/**
 * Trains a fresh model and hands out the best one: lowest task loss on the validation samples, for all metrics at once.
 *
 * The result is a function of the configuration, the data and the backend alone.
 *
 * @see MMoLRE, section IV-B
 */
export async function train(run: RunConfig, options: TrainOptions): Promise<TrainResult> {
  const config = withClassWeights(run, options.train);
  const { training, seed } = config;
  const lengths = training.lengthBuckets ? options.lengths : undefined;
  if (training.lengthBuckets && !lengths)
    throw new Error('training.lengthBuckets: expected the lengths of the samples');
  const model = await createModel(config.model, seed, { find: findPlace, ...options.encoders });
  const optimizer = initAdamW(variables(model.params), adamWOptions(training));
  const average = training.averageDecay > 0 ? averageWeights(model.params, training.averageDecay) : undefined;
  const candidate = average ? withParams(model, average.params) : model;
  const order = (epoch: number) =>
    batches(options.train.length, {
      batchSize: training.batchSize,
      seed,
      epoch: epoch - 1, // counted from 0 there
      ...(lengths && { lengths }),
    });
  const loadBatch = async (indices: number[]) => {
    const examples = indices.map((i) => options.train[i]!);
    return options.load ? options.load(examples) : examples;
  };
  const steps = Math.min(order(1).length * training.maxEpochs, training.maxSteps ?? Number.POSITIVE_INFINITY);
  const schedule = { kind: training.schedule, warmupSteps: training.warmupSteps, totalSteps: steps };

  let [bestLoss, bestEpoch] = [Number.POSITIVE_INFINITY, 0];
  const validate = () => {
    average?.settle();
    return predict(candidate, options.valid, { ablate: training.ablate });
  };
  const thresholdsOf = (predictions: readonly Prediction[]) => thresholdsFrom(config, options.valid, predictions);
  const offerBest = async (epoch: number, thresholds: BestModel['thresholds']) => {
    bestEpoch = epoch;
    const { params, opened } = candidate;
    await options.onBest({ params, opened, config, thresholds, epoch });
  };

  try {
    const { stopped, position } = await fit<number[], Loaded<readonly Example[]>>({
      steps,
      order,
      load: (keys) => readAhead(keys, loadBatch),
      step: ({ value: examples }, { learningRate, seed }) => {
        const loss = trainStep(model, examples, optimizer, training, learningRate, seed);
        average?.update();
        return loss;
      },
      learningRate: training.learningRate,
      schedule,
      seed,
      signal: options.signal,
      onStep: (step, { value: examples, waitSeconds }) =>
        options.onEvent({ event: 'step', ...step, samples: examples.length, waitSeconds }),
      onEpoch: async ({ epoch, step, meanLoss: trainLoss }) => {
        const { predictions, loss: validLoss } = validate();
        const best = validLoss < bestLoss;
        const thresholds = thresholdsOf(predictions);
        const valid = evaluate(options.valid, predictions, thresholds);
        options.onEvent({ event: 'epoch', epoch, step, trainLoss, validLoss, best, valid });
        if (!best) return epoch - bestEpoch >= training.patience;
        bestLoss = validLoss;
        await offerBest(epoch, thresholds);
        return false;
      },
    });
    const { epoch, step } = position;
    if (stopped === 'interrupted' && bestEpoch === 0 && step > 0)
      await offerBest(epoch, thresholdsOf(validate().predictions));
    return { stopped: stopped === 'enough' ? 'patience' : stopped, bestEpoch, steps: step };
  } finally {
    disposeAdamW(optimizer);
    average?.dispose();
    disposeParams(model.params);
  }
}

/** The run with the weights of its emotions as numbers. */
function withClassWeights(run: RunConfig, examples: readonly Example[]): RunConfig {
  if (run.model.emotionClassWeights !== 'balanced') return run;
  const labels = examples.flatMap(({ emotions }) => (emotions ? [emotions] : []));
  return { ...run, model: { ...run.model, emotionClassWeights: balancedClassWeights(labels, NUM_EMOTIONS) } };
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
