import {
  type Example,
  hide,
  type Labels,
  type MmolreInput,
  type Model,
  makeBatch,
  mmolre,
  trainingLoss,
} from '@mmolre/model';
import { type AdamWState, adamWStep, createRng, mixSeed, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { TrainingConfig } from './run-config';

/**
 * One step of the optimizer over a batch.
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
  const { weightDecay, maxGradNorm } = training;
  const { input, labels } = makeBatch(model.encoders, examples);
  const present = tf.tidy(() =>
    blankSome(hide(input.present, training.ablate), training.modalityDropout, createRng(mixSeed(seed, 0))),
  );
  const loss = adamWStep(
    optimizer,
    { weightDecay, ...(maxGradNorm !== null && { maxGradNorm }) },
    () => lossOf(model, { ...input, present }, labels, mixSeed(seed, 1)),
    learningRate,
  );
  tf.dispose([input, labels, present]);
  return loss;
}

function lossOf(model: Model, input: MmolreInput, labels: Labels, seed: number): tf.Scalar {
  const output = mmolre(model.params, model.encoders, input, model.config, { training: true, seed });
  return trainingLoss(output, labels, input.present, model.config, model.params.logVariances);
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
