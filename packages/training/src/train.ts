import { batches, NUM_EMOTIONS, readAhead } from '@mmolre/datasets';
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
import { adamW, disposeParams, mixSeed, type Schedule, scheduleFactor, variables } from '@mmolre/nn';
import type { OpenOptions } from './checkpoint';
import type { RunConfig } from './run-config';
import { trainStep } from './train-step';
import { averageWeights } from './weight-average';

/** What happened, as a line of `metrics.jsonl` has it. */
export type TrainEvent =
  | {
      event: 'step';
      step: number;
      steps: number;
      epoch: number;
      loss: number;
      learningRate: number;
      samples: number;
      /** For the batch's data. */ waitSeconds: number;
    }
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
  const trained = variables(model.params);
  const optimizer = adamW({
    weightDecay: training.weightDecay,
    ...(training.maxGradNorm !== null && { maxGradNorm: training.maxGradNorm }),
  });
  const average = training.averageDecay > 0 ? averageWeights(model.params, training.averageDecay) : undefined;
  const candidate = average ? withParams(model, average.params) : model;
  const epochBatches = (epoch: number) =>
    batches(options.train.length, { batchSize: training.batchSize, seed, epoch, ...(lengths && { lengths }) });
  const loadBatch = async (indices: number[]) => {
    const examples = indices.map((i) => options.train[i]!);
    return options.load ? options.load(examples) : examples;
  };
  const perEpoch = epochBatches(0).length;
  const steps = Math.min(perEpoch * training.maxEpochs, training.maxSteps ?? Number.POSITIVE_INFINITY);
  const schedule: Schedule =
    training.schedule === 'cosine'
      ? { kind: 'cosine', warmupSteps: training.warmupSteps, totalSteps: steps }
      : { kind: 'constant' };

  let [bestLoss, bestEpoch, step] = [Number.POSITIVE_INFINITY, 0, 0];
  const finish = (stopped: TrainResult['stopped']): TrainResult => {
    optimizer.dispose();
    average?.dispose();
    disposeParams(model.params);
    return { stopped, bestEpoch, steps: step };
  };
  const offerBest = async (epoch: number, predictions: readonly Prediction[]) => {
    bestEpoch = epoch;
    await options.onBest({
      params: candidate.params,
      opened: candidate.opened,
      config,
      thresholds: thresholdsFrom(config, options.valid, predictions),
      epoch,
    });
  };

  for (let epoch = 1; step < steps; epoch++) {
    let lossSum = 0;
    const before = step;
    const order = epochBatches(epoch - 1).slice(0, steps - step);
    for await (const { value: examples, waitSeconds } of readAhead(order, loadBatch)) {
      await new Promise(setImmediate); // lets a signal in
      if (options.signal.aborted) {
        if (bestEpoch === 0 && step > 0)
          await offerBest(
            epoch,
            predict(candidate, options.valid, { batchSize: 64, ablate: training.ablate }).predictions,
          );
        return finish('interrupted');
      }
      const learningRate = training.learningRate * scheduleFactor(schedule, step);
      const loss = trainStep(model, examples, optimizer, trained, training, learningRate, mixSeed(seed, step));
      average?.update();
      step += 1;
      lossSum += loss;
      options.onEvent({ event: 'step', step, steps, epoch, loss, learningRate, samples: examples.length, waitSeconds });
    }
    const { predictions, loss: validLoss } = predict(candidate, options.valid, {
      batchSize: 64,
      ablate: training.ablate,
    });
    const best = validLoss < bestLoss;
    const valid = evaluate(options.valid, predictions, thresholdsFrom(config, options.valid, predictions));
    options.onEvent({ event: 'epoch', epoch, step, trainLoss: lossSum / (step - before), validLoss, best, valid });
    if (best) {
      bestLoss = validLoss;
      await offerBest(epoch, predictions);
    } else if (epoch - bestEpoch >= training.patience) return finish('patience');
  }
  return finish('finished');
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
