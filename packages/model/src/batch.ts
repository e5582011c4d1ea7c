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
  const B = examples.length;
  const flags = (has: (example: Example) => boolean) => tf.tensor1d(examples.map((example) => (has(example) ? 1 : 0)));
  const noEmotions = new Array<number>(NUM_EMOTIONS).fill(0);
  return {
    input: {
      text: encoders.text.prepare(examples.map(({ text }) => text ?? '')),
      audio: encoders.audio.prepare(examples.map(({ audio }) => audio ?? SILENCE)),
      present: {
        text: flags(hasText),
        audio: flags(({ audio }) => audio !== undefined),
      },
    },
    labels: {
      sentiment: tf.tensor1d(examples.map(({ sentiment }) => sentiment ?? 0)),
      sentimentPresent: flags(({ sentiment }) => sentiment !== undefined),
      emotion: tf.tensor2d(
        examples.flatMap(({ emotions }) => [...(emotions ?? noEmotions)]),
        [B, NUM_EMOTIONS],
      ),
      emotionPresent: flags(({ emotions }) => emotions !== undefined),
    },
  };
}

/** So many samples of a batch from `start` on, padded as they are in it. New tensors. */
export const sliceBatch = (batch: Batch, start: number, size: number): Batch =>
  mapLeaves(batch as unknown as Params, (rows) => tf.slice(rows, start, size)) as unknown as Batch;
