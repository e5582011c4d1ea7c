import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { disposeParams, mapLeaves, packWeights } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Example } from './batch';
import { createModel, type Model, withParams } from './model';
import { predict } from './predict';
import { compactModel } from './presets';

let model: Model;
beforeAll(async () => {
  await useBackend({ install: true, log: () => {} });
  const config = compactModel();
  model = await createModel({ ...config, unitse: { ...config.unitse, numBlocks: 1 } }, 1, { find: findPlace });
});
afterAll(() => disposeParams(model.params));

const tone = (samples: number) => Float32Array.from({ length: samples }, (_, i) => 0.2 * Math.sin(i / 20));

/** Seven examples of which labels, texts and recordings are missing here and there. */
const examples: Example[] = [
  { id: 'a', text: 'I loved it', audio: tone(9_000), sentiment: 2, emotions: [1, 0, 0, 0, 0, 0] },
  { id: 'b', text: 'not for me, I fear', sentiment: -1 },
  { id: 'c', text: 'no', audio: tone(4_000), emotions: [0, 0, 1, 0, 1, 0] },
  { id: 'd', audio: tone(12_000), sentiment: 0.5 },
  { id: 'e', text: 'ten past eight', audio: tone(7_000) },
  { id: 'f', text: 'what a waste of an evening, and of money', sentiment: -3 },
  { id: 'g', text: 'fine', audio: tone(5_000), sentiment: 1, emotions: [0, 0, 0, 0, 0, 0] },
];

test('the loss of samples with missing labels does not depend on the batches and their order', () => {
  const { loss, predictions } = predict(model, examples);
  expect(predictions.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.shuffledSubarray([...examples.keys()], { minLength: 7 }),
      (batchSize, order) => {
        const other = predict(
          model,
          order.map((i) => examples[i]!),
          { batchSize },
        );
        expect(other.loss).toBeCloseTo(loss, 5);
      },
    ),
    { numRuns: 12 },
  );
});

test('packed weights give the same', () => {
  const packed = packWeights(mapLeaves(model.params, (leaf) => tf.clone(leaf)));
  const { loss, predictions } = predict(withParams(model, packed), examples);
  const plain = predict(model, examples);
  expect(loss).toBeCloseTo(plain.loss, 5);
  predictions.forEach(({ id, sentiment, emotions }, i) => {
    expect(sentiment, id).toBeCloseTo(plain.predictions[i]!.sentiment!, 5);
    emotions!.forEach((score, c) => {
      expect(score, `${id}, ${c}`).toBeCloseTo(plain.predictions[i]!.emotions![c]!, 5);
    });
  });
  disposeParams(packed);
});

test('it is the mean error of the rated ones and the mean cross-entropy of the labelled ones', () => {
  const { loss, predictions } = predict(model, examples);
  const rated = examples.flatMap(({ sentiment }, i) =>
    sentiment === undefined ? [] : [Math.abs(predictions[i]!.sentiment! - sentiment)],
  );
  const entropies = examples.flatMap(({ emotions }, i) =>
    (emotions ?? []).map((label, c) => {
      const p = predictions[i]!.emotions![c]!;
      return -Math.log(label ? p : 1 - p);
    }),
  );
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect([rated.length, entropies.length]).toEqual([5, 18]);
  expect(loss).toBeCloseTo(mean(rated) + mean(entropies), 5);
});

test('of a task that no sample is labelled for the loss is 0', () => {
  const unlabelled = examples.map(({ id, text, audio }) => ({ id, text, audio }));
  expect(predict(model, unlabelled).loss).toBe(0);
  expect(predict(model, [])).toEqual({ predictions: [], loss: 0 });
});

test('a missing text counts as missing: no word of it is read', () => {
  const [without, empty, blank] = [undefined, '', '  '].map(
    (text) => predict(model, [{ id: 'a', text, audio: tone(9_000) }]).predictions[0]!,
  );
  expect(empty).toEqual(without);
  expect(blank!.sentiment).toBeCloseTo(without!.sentiment!, 5);
});

test('with others, each computes some of the batches and all get the same bits as one', () => {
  const alone = predict(model, examples, { batchSize: 2 });
  const given: Float32Array[][] = [[], []];
  const hear = (rank: number) => (values: tf.Tensor1D) => {
    given[rank]!.push(values.dataSync<'float32'>());
    return tf.clone(values);
  };
  for (const rank of [0, 1]) predict(model, examples, { batchSize: 2, together: { rank, size: 2, sum: hear(rank) } });
  const [first, second] = given as [Float32Array[], Float32Array[]];
  expect(first[0]!.every((score, i) => score * second[0]![i]! === 0)).toBe(true); // none is computed twice
  const add = () => tf.add(tf.tensor1d(first.shift()!), tf.tensor1d(second.shift()!)) as tf.Tensor1D;
  const done: number[] = [];
  const both = predict(model, examples, {
    batchSize: 2,
    onProgress: (count) => done.push(count),
    together: { rank: 0, size: 2, sum: add },
  });
  expect(both).toEqual(alone);
  expect(done).toEqual([2, 6]);
});
