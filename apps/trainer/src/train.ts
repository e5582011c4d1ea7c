import { batches, EMOTIONS } from '@mmolre/datasets';
import { defaultThreshold } from '@mmolre/losses';
import { chooseThresholds } from '@mmolre/metrics';
import {
  createModel,
  type Evaluation,
  type Example,
  evaluate,
  type Model,
  NUM_EMOTIONS,
  type Prediction,
  predict,
  type RunConfig,
  withParams,
} from '@mmolre/model';
import { adamW, disposeParams, mixSeed, type Schedule, scheduleFactor, variables } from '@mmolre/nn';
import { trainStep } from './train-step';
import { averageWeights } from './weight-average';

/** What happened, as a line of `metrics.jsonl` has it. */
export type TrainEvent =
  | { event: 'step'; step: number; steps: number; epoch: number; loss: number; learningRate: number; samples: number }
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
  onEvent: (event: TrainEvent) => void;
  /** Called with every better model than the ones before; awaited. */
  onBest: (best: { params: Model['params']; thresholds: number[]; epoch: number }) => Promise<void>;
  /** Stops after the step in progress. */
  signal: AbortSignal;
};

export type TrainResult = { stopped: 'finished' | 'patience' | 'interrupted'; bestEpoch: number; steps: number };

/**
 * Trains a fresh model and hands out the best one: lowest task loss on the validation samples, for all metrics at once.
 *
 * The result is a function of the configuration, the data and the backend alone.
 *
 * @see MMoLRE, section IV-B
 */
export async function train(config: RunConfig, options: TrainOptions): Promise<TrainResult> {
  const { training, seed } = config;
  const model = createModel(config.model, seed);
  const trained = variables(model.params);
  const optimizer = adamW({
    weightDecay: training.weightDecay,
    ...(training.maxGradNorm !== null && { maxGradNorm: training.maxGradNorm }),
  });
  const average = training.averageDecay > 0 ? averageWeights(model.params, training.averageDecay) : undefined;
  const candidate = average ? withParams(config.model, average.params) : model;
  const epochBatches = (epoch: number) => batches(options.train.length, { batchSize: training.batchSize, seed, epoch });
  const perEpoch = epochBatches(0).length;
  const steps = perEpoch * training.maxEpochs;
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
      thresholds: thresholdsFrom(config, options.valid, predictions),
      epoch,
    });
  };

  for (let epoch = 1; epoch <= training.maxEpochs; epoch++) {
    let lossSum = 0;
    for (const indices of epochBatches(epoch - 1)) {
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
      const examples = indices.map((i) => options.train[i]!);
      const loss = trainStep(model, examples, optimizer, trained, training, learningRate, mixSeed(seed, step));
      average?.update();
      step += 1;
      lossSum += loss;
      options.onEvent({ event: 'step', step, steps, epoch, loss, learningRate, samples: indices.length });
    }
    const { predictions, loss: validLoss } = predict(candidate, options.valid, {
      batchSize: 64,
      ablate: training.ablate,
    });
    const best = validLoss < bestLoss;
    const valid = evaluate(options.valid, predictions, thresholdsFrom(config, options.valid, predictions), EMOTIONS);
    options.onEvent({ event: 'epoch', epoch, step, trainLoss: lossSum / perEpoch, validLoss, best, valid });
    if (best) {
      bestLoss = validLoss;
      await offerBest(epoch, predictions);
    } else if (epoch - bestEpoch >= training.patience) return finish('patience');
  }
  return finish('finished');
}

function thresholdsFrom(config: RunConfig, valid: readonly Example[], predictions: readonly Prediction[]): number[] {
  const fallback = defaultThreshold(config.model.emotionLoss, NUM_EMOTIONS);
  const labelled = valid.flatMap(({ emotions }, i) => (emotions ? [i] : []));
  if (config.training.thresholds === 'fixed') return new Array(NUM_EMOTIONS).fill(fallback);
  return chooseThresholds(
    labelled.map((i) => predictions[i]!.emotions),
    labelled.map((i) => valid[i]!.emotions!),
    fallback,
    NUM_EMOTIONS,
  );
}
