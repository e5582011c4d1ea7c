import {
  type Batch,
  type Example,
  hide,
  type Labelled,
  type MmolreInput,
  type Model,
  makeBatch,
  makeLabels,
  makePresent,
  mmolre,
  sliceBatch,
  trainingLoss,
} from '@mmolre/model';
import { type AdamWState, adamWStep, createRng, mixSeed, type Rng, type Together, withPrecision } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { TrainingConfig } from './run-config';

/** A batch of a step, of which one of several processes may compute some parts only. */
export type StepBatch = {
  /** All of its samples. */ examples: readonly Example[];
  /** Of each, whether it has a recording, decoded or not. */ hasAudio: readonly boolean[];
  /** The positions of the samples that are padded and computed together. */ parts: readonly (readonly number[])[];
  /** The parts that are computed here: their numbers, and their samples with the recordings. */
  own: readonly { part: number; examples: readonly Example[] }[];
};

/**
 * One step of the optimizer over a batch, in its parts, and in slices of `training.microBatch` samples of them where that is set. A slice is
 * padded as its part is, and what is blanked is drawn for the whole: loss and gradient are those of the whole batch, but for rounding, dropout,
 * augmentation and noise, which draw other numbers. In `training.precision`; evaluation is in float32, whatever that is.
 *
 * @param step.seed What dropout, augmentation and blanking of this step draw from.
 * @param together Other processes that compute the batch's other parts.
 * @returns The training loss before the step, of the whole batch.
 * @throws If the precision is bf16 and the backend is not native.
 */
export function trainStep(
  model: Model,
  batch: StepBatch,
  optimizer: AdamWState,
  training: TrainingConfig,
  { learningRate, seed }: { learningRate: number; seed: number },
  together?: Together,
): number {
  const { weightDecay, maxGradNorm, microBatch, precision } = training;
  const size = microBatch ?? batch.examples.length;
  const whole = wholeOf(batch, training, seed);
  const parts = batch.own.map(({ part, examples }) => partOf(model, examples, whole, batch.parts[part]!));
  const slicesOf = (part: number) => Math.ceil(batch.parts[part]!.length / size);
  const before = (part: number) => batch.parts.slice(0, part).reduce((sum, _, earlier) => sum + slicesOf(earlier), 0);
  const isDivided = before(batch.parts.length) > 1;
  const losses = batch.own.flatMap(({ part }, i) =>
    Array.from({ length: slicesOf(part) }, (_, n) => () => {
      const slice = sliceOf(parts[i]!, n * size, size);
      return lossOf(model, slice, mixSeed(seed, 1 + before(part) + n), isDivided ? whole : undefined);
    }),
  );
  const adamW = { weightDecay, ...(maxGradNorm !== null && { maxGradNorm }) };
  const loss = withPrecision(precision, () => adamWStep(optimizer, adamW, losses, learningRate, together));
  tf.dispose([whole, parts]);
  return loss;
}

/** Labels of the whole batch, and what of it is shown: less than there is where some is blanked. */
const wholeOf = ({ examples, hasAudio }: StepBatch, training: TrainingConfig, seed: number): Labelled => ({
  labels: makeLabels(examples),
  present: tf.tidy(() => {
    const present = makePresent(examples, (_, i) => hasAudio[i]!);
    return blankSome(hide(present, training.ablate), training.modalityDropout, createRng(mixSeed(seed, 0)));
  }),
});

/** A part as a batch of its own, of which is shown what is shown of the whole. */
function partOf(model: Model, examples: readonly Example[], whole: Labelled, positions: readonly number[]): Batch {
  const { input, labels } = makeBatch(model.encoders, examples);
  tf.dispose(input.present);
  const own = (present: tf.Tensor1D) => tf.tidy(() => tf.gather(present, tf.tensor1d([...positions], 'int32')));
  return { input: { ...input, present: { text: own(whole.present.text), audio: own(whole.present.audio) } }, labels };
}

function sliceOf(part: Batch, start: number, size: number): Batch {
  const left = part.labels.sentiment.size - start;
  return start === 0 && size >= left ? part : sliceBatch(part, start, Math.min(size, left));
}

function lossOf(
  { params, encoders, config }: Model,
  { input, labels }: Batch,
  seed: number,
  whole: Labelled | undefined,
): tf.Scalar {
  const output = mmolre(params, encoders, input, config, { training: true, seed });
  return trainingLoss(output, labels, input.present, config, params.logVariances, whole);
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
