import { SAMPLE_RATE } from '@mmolre/encoders';
import type { Example } from '@mmolre/model';
import { createRng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { drawLengths, type Length } from './drawn-lengths';
import type { TensorFile } from './tensor-file';
import { PAD_ID } from './whole-model';

// B batch, T tokens, S samples

const EMOTIONS = 6;

/** As many times the longest that the paper's model does not cut. */
export const equalLengths = (count: number): Length[] =>
  Array.from({ length: count }, () => ({ seconds: 6, tokens: 96 }));

/**
 * Drawn once, with a seed whose first eight have the set's means, 4.4 s and 17 tokens. Two of them are cut at 6 s: audio padded to the longest is
 * padded to 6 s, and padding any further would change the original's results a little (`Data2VecAudioOptions`).
 */
export const mosiLengths = (count: number): Length[] => drawLengths(count, createRng(5));

type Drawing = { /** 50,000 */ vocabSize?: number | undefined /** 1 */; seed?: number };

/** Random texts and noise of these lengths: ids [B, T] and clips [B, S], padded, and how long each is, `tokens` and `samples` [B]. */
export function drawBatch(
  lengths: readonly Length[],
  { vocabSize = 50_000, seed = 1 }: Drawing = {},
): Record<string, tf.Tensor> {
  const rng = createRng(seed);
  const texts = lengths.map(({ tokens }) =>
    Array.from({ length: tokens }, () => 10 + Math.floor(rng.uniform() * (vocabSize - 10))),
  );
  const clips = lengths.map(({ seconds }) =>
    Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, () => 0.1 * rng.normal()),
  );
  return { ids: padded(texts, PAD_ID), clips: padded(clips, 0), tokens: counts(texts), samples: counts(clips) };
}

/** The same as examples with labels (sentiments of one sign, or their gradients would cancel out), which `python/model.py` gives them too. */
export const examplesOf = (file: TensorFile): Example[] => examplesWith(file.values);

/** The same of a drawn batch, without a file. */
export function drawExamples(lengths: readonly Length[], drawing: Drawing = {}): Example[] {
  const batch = drawBatch(lengths, drawing);
  const examples = examplesWith((key) => batch[key]!.dataSync<'float32'>());
  tf.dispose(batch);
  return examples;
}

function examplesWith(values: TensorFile['values']): Example[] {
  const [tokens, samples] = [[...values('tokens')], [...values('samples')]];
  const [ids, clips] = [values('ids'), values('clips')];
  const B = tokens.length;
  const row = (values: Float32Array, b: number, length: number) =>
    values.slice((b * values.length) / B, (b * values.length) / B + length);
  const sentiments = [...tf.tidy(() => tf.linspace(1, 3, B).dataSync())];
  return tokens.map((count, b) => ({
    id: `${b}`,
    text: row(ids, b, count).join(' '),
    audio: row(clips, b, samples[b]!),
    sentiment: sentiments[b],
    emotions: Array.from({ length: EMOTIONS }, (_, c) => Number(b % EMOTIONS === c)),
  }));
}

function padded(rows: readonly (readonly number[])[], value: number): tf.Tensor2D {
  const longest = Math.max(...rows.map(({ length }) => length));
  const flat = new Float32Array(rows.length * longest).fill(value);
  rows.forEach((row, b) => {
    flat.set(row, b * longest);
  });
  return tf.tensor2d(flat, [rows.length, longest]);
}

const counts = (rows: readonly (readonly number[])[]) => tf.tensor1d(rows.map(({ length }) => length));
