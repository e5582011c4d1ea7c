import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { makeBatch, sliceBatch } from './batch';
import type { Encoders } from './mmolre';

beforeAll(() => tf.setBackend('cpu'));

/** Numbers in place of texts and recordings: their lengths, padded to the longest. */
const encoders = {
  text: { prepare: (texts: string[]) => ({ ids: tf.tensor2d(padded(texts.map((text) => text.length))) }) },
  audio: { prepare: (clips: Float32Array[]) => [tf.tensor2d(padded(clips.map((clip) => clip.length / 800)))] },
} as unknown as Encoders;
const padded = (lengths: number[]) =>
  lengths.map((length) => Array.from({ length: Math.max(...lengths) }, (_, t) => (t < length ? 1 : 0)));

test('a part of a batch has its samples and their labels, padded as the batch is', () => {
  const emotions = [0, 1, 0, 0, 0, 1];
  const batch = makeBatch(encoders, [
    { id: 'a', text: 'word', sentiment: 1 },
    { id: 'b', text: 'go', audio: new Float32Array(800), emotions },
    { id: 'c', sentiment: -2 },
  ]);
  const before = tf.memory().numTensors;
  const { input, labels } = sliceBatch(batch, 1, 2);
  const rows = (tensors: Record<string, tf.Tensor>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.arraySync()]));
  expect(rows(input.text as { ids: tf.Tensor })).toEqual({
    ids: [
      [1, 1, 0, 0],
      [0, 0, 0, 0],
    ],
  });
  expect((input.audio as tf.Tensor[])[0]!.arraySync()).toEqual([
    [1, 0],
    [1, 1],
  ]);
  expect(rows(input.present)).toEqual({ text: [1, 0], audio: [1, 0] });
  expect(rows(labels)).toEqual({
    sentiment: [0, -2],
    sentimentPresent: [0, 1],
    emotion: [emotions, [0, 0, 0, 0, 0, 0]],
    emotionPresent: [1, 0],
  });
  tf.dispose([input, labels]);
  expect(tf.memory().numTensors).toBe(before);
});
