import {
  type Batch,
  type Example,
  hide,
  type MmolreInput,
  type Model,
  makeBatch,
  mmolre,
  sliceBatch,
  trainingLoss,
} from '@mmolre/model';
import { type AdamWState, adamWStep, createRng, mixSeed, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { TrainingConfig } from './run-config';

/**
 * One step of the optimizer over a batch, in parts of `training.microBatch` samples where that is set. A part is padded as the batch is, and
 * what is blanked is drawn for the whole: loss and gradient are those of the whole batch, but for rounding, dropout, augmentation and noise,
 * which draw other numbers.
 *
 * @param seed What dropout, augmentation and blanking of this step draw from.
 * @returns The training loss before the step.
 */
export function trainStep(
  model: Model,
  examples: readonly Example[],
  optimizer: AdamWState,
  training: TrainingConfig,
  learningRate: number,
  seed: number,
): number {
  const { weightDecay, maxGradNorm, microBatch } = training;
  const { input, labels } = makeBatch(model.encoders, examples);
  const present = tf.tidy(() =>
    blankSome(hide(input.present, training.ablate), training.modalityDropout, createRng(mixSeed(seed, 0))),
  );
  const loss = adamWStep(
    optimizer,
    { weightDecay, ...(maxGradNorm !== null && { maxGradNorm }) },
    lossesOf(model, { input: { ...input, present }, labels }, microBatch ?? examples.length, seed),
    learningRate,
  );
  tf.dispose([input, labels, present]);
  return loss;
}

/** The loss of each part of up to `size` samples, with draws of its own; they add up to that of the batch. */
function lossesOf(model: Model, batch: Batch, size: number, seed: number): (() => tf.Scalar)[] {
  const B = batch.labels.sentiment.size;
  if (size >= B) return [() => lossOf(model, batch, mixSeed(seed, 1))];
  return Array.from({ length: Math.ceil(B / size) }, (_, i) => () => {
    const part = sliceBatch(batch, i * size, Math.min(size, B - i * size));
    return lossOf(model, part, mixSeed(seed, 1 + i), batch);
  });
}

function lossOf({ params, encoders, config }: Model, { input, labels }: Batch, seed: number, whole?: Batch): tf.Scalar {
  const output = mmolre(params, encoders, input, config, { training: true, seed });
  const labelled = whole && { labels: whole.labels, present: whole.input.present };
  return trainingLoss(output, labels, input.present, config, params.logVariances, labelled);
}

/** Blanks one modality of some samples that have both, each with the given probability, never both. */
function blankSome(present: MmolreInput['present'], probability: number, rng: Rng): MmolreInput['present'] {
  const both = tf.mul(present.text, present.audio).arraySync() as number[];
  const draws = both.map((has) => (has ? rng.uniform() : 1));
  const keep = (blanked: (draw: number) => boolean) => tf.tensor1d(draws.map((draw) => (blanked(draw) ? 0 : 1)));
  return {
    text: tf.mul(
      present.text,
      keep((draw) => draw < probability),
    ),
    audio: tf.mul(
      present.audio,
      keep((draw) => draw >= probability && draw < 2 * probability),
    ),
  };
}
