import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import { SAMPLE_RATE } from '@mmolre/encoders';
import { mapLeaves, type Params } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Labels } from './loss';
import type { Encoders, MmolreInput } from './mmolre';

/** One utterance, ready for the model. */
export type Example = {
  id: string;
  /** Absent, or empty, where there is none. */ text?: string | undefined;
  /** Mono samples at 16 kHz; absent where there is no recording. */ audio?: Float32Array | undefined;
  /** -3 .. +3 */ sentiment?: number | undefined;
  /** One of 0 and 1 an emotion */ emotions?: readonly number[] | undefined;
};

export type Batch = { input: MmolreInput; labels: Labels };

/** How long a sample is, in characters and in samples of its recording: for batches of similar length. */
export const lengthOf = ({ text, audio }: Pick<Example, 'text' | 'audio'>) =>
  (text?.length ?? 0) + (audio?.length ?? 0);

/** Whether a sample has a text: more than white space. */
export const hasText = ({ text }: Pick<Example, 'text'>): boolean => (text ?? '').trim() !== '';

const SILENCE = new Float32Array(SAMPLE_RATE / 10);

/** Pads examples to a batch. Without a text or a recording, that modality is absent. The caller disposes it. */
export function makeBatch(encoders: Encoders, examples: readonly Example[]): Batch {
  return {
    input: {
      text: encoders.text.prepare(examples.map(({ text }) => text ?? '')),
      audio: encoders.audio.prepare(examples.map(({ audio }) => audio ?? SILENCE)),
      present: makePresent(examples, ({ audio }) => audio !== undefined),
    },
    labels: makeLabels(examples),
  };
}

/** Which modalities examples have, each [B]. @param hasAudio Says it of an example whose recording is not decoded yet, too. */
export const makePresent = (
  examples: readonly Example[],
  hasAudio: (example: Example, i: number) => boolean,
): MmolreInput['present'] => ({ text: flags(examples, hasText), audio: flags(examples, hasAudio) });

/** The labels of examples. */
export const makeLabels = (examples: readonly Example[]): Labels => ({
  sentiment: tf.tensor1d(examples.map(({ sentiment }) => sentiment ?? 0)),
  sentimentPresent: flags(examples, ({ sentiment }) => sentiment !== undefined),
  emotion: tf.tensor2d(
    examples.flatMap(({ emotions }) => [...(emotions ?? NO_EMOTIONS)]),
    [examples.length, NUM_EMOTIONS],
  ),
  emotionPresent: flags(examples, ({ emotions }) => emotions !== undefined),
});

const NO_EMOTIONS = new Array<number>(NUM_EMOTIONS).fill(0);

const flags = (examples: readonly Example[], has: (example: Example, i: number) => boolean) =>
  tf.tensor1d(examples.map((example, i) => (has(example, i) ? 1 : 0)));

/** So many samples of a batch from `start` on, padded as they are in it. New tensors. */
export const sliceBatch = (batch: Batch, start: number, size: number): Batch =>
  mapLeaves(batch as unknown as Params, (rows) => tf.slice(rows, start, size)) as unknown as Batch;
