import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { loadText } from '@mmolre/encoders/node';
import { disposeParams, mapLeaves } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadOnnxSentences } from './onnx-sentences';
import { loadSentences, pretrainedSentences } from './pretrained-sentences';
import { createSentenceEncoder } from './sentence-encoder';

const fixture = (name: string) => fileURLToPath(new URL(`../../encoders/src/__fixtures__/${name}`, import.meta.url));
const TEXTS = ['I loved it!', 'The ending of this movie was not that bad, was it?', '  i LOVED it! ', 'Nothing.'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-sentences-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Of two lists of vectors. */
const largestDifference = (a: readonly Float32Array[], b: readonly Float32Array[]) =>
  Math.max(...a.flatMap((row, i) => [...row].map((value, d) => Math.abs(value - b[i]![d]!))));

describeEachBackend('texts to vectors', () => {
  /** A vector is a text's length and its first letter's code; what is read is counted. */
  const counting = (identity?: string) => {
    const batches: string[][] = [];
    const model = {
      dimension: 2,
      identity,
      keyOf: (text: string) => text.trim(),
      lengthOf: (text: string) => text.length,
      embed: (texts: readonly string[]) => {
        batches.push([...texts]);
        return tf.tensor2d(texts.map((text) => [text.trim().length, text.charCodeAt(0)]));
      },
    };
    return { model, batches };
  };

  test('each read once, long ones with long ones, in the order they were given', async () => {
    const { model, batches } = counting();
    const before = tf.memory().numTensors;
    const done: number[] = [];
    const vectors = await createSentenceEncoder(model, { batchTokens: 8 }).encode(
      ['bb', 'aaaa', 'bb ', 'c', 'dddddddddd', 'bb'],
      (count, total) => done.push(count, total),
    );
    expect(vectors.map(([length]) => length)).toEqual([2, 4, 2, 1, 10, 2]);
    expect(batches).toEqual([['dddddddddd'], ['aaaa', 'bb'], ['c']]);
    expect(done).toEqual([0, 4, 1, 4, 3, 4, 4, 4]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('with others, each reads its own and all get every vector', async () => {
    const before = tf.memory().numTensors;
    let given: number[] = [];
    const alone = await createSentenceEncoder(counting().model).encode(TEXTS);
    const [other, one] = [counting(), counting()];
    const hear = (values: tf.Tensor1D) => {
      given = [...values.dataSync()];
      return tf.clone(values);
    };
    await createSentenceEncoder(other.model, { together: { rank: 1, size: 2, sum: hear } }).encode(TEXTS);
    const add = (values: tf.Tensor1D) => tf.add(values, tf.tensor1d(given)) as tf.Tensor1D;
    const vectors = await createSentenceEncoder(one.model, { together: { rank: 0, size: 2, sum: add } }).encode(TEXTS);
    expect(vectors).toEqual(alone);
    expect([one, other].map(({ batches }) => batches.flat().sort())).toEqual([
      [TEXTS[0], TEXTS[2]].sort(),
      [TEXTS[1], TEXTS[3]].sort(),
    ]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('once for all runs, with a cache', async () => {
    const first = counting('model 1');
    await createSentenceEncoder(first.model, { cache: { folder } }).encode(['a', 'bb']);
    const again = counting('model 1');
    const vectors = await createSentenceEncoder(again.model, { cache: { folder } }).encode(['ccc', 'bb', 'a']);
    expect(vectors.map(([length]) => length)).toEqual([3, 2, 1]);
    expect(again.batches).toEqual([['ccc']]);
    const other = counting('model 2');
    await createSentenceEncoder(other.model, { cache: { folder } }).encode(['a']);
    expect(other.batches).toEqual([['a']]);
  });
});

describeEachBackend('a BERT as a sentence encoder', () => {
  test.each(['pooler', 'first', 'mean'] as const)('%s: the same alone as among others', async (pooling) => {
    const encoder = await loadSentences(fixture('bert-small'), { pooling });
    const together = await encoder.encode(TEXTS);
    const alone: Float32Array[] = [];
    for (const text of TEXTS) alone.push(...(await encoder.encode([text])));
    expect(largestDifference(together, alone)).toBeLessThan(2e-6);
    expect(together[0]).toEqual(together[2]);
    expect(largestDifference([together[0]!], [together[1]!])).toBeGreaterThan(0.01);
  });

  test('other poolings and other weights give other vectors and never read each other from the cache', async () => {
    const model = await loadText(fixture('bert-small'));
    const cache = { folder };
    const [mean] = await pretrainedSentences(model, { pooling: 'mean', cache }).encode(['Nothing.']);
    const [first] = await pretrainedSentences(model, { pooling: 'first', cache }).encode(['Nothing.']);
    expect(largestDifference([mean!], [first!])).toBeGreaterThan(0.01);
    const changed = { ...model, params: mapLeaves(model.params, (leaf) => tf.mul(leaf, 1.1)) };
    const [other] = await pretrainedSentences(changed, { pooling: 'mean', cache }).encode(['Nothing.']);
    expect(largestDifference([mean!], [other!])).toBeGreaterThan(0.001);
    const [again] = await pretrainedSentences(model, { pooling: 'mean', cache }).encode(['Nothing.']);
    expect(again).toEqual(mean);
    for (const { params } of [model, changed]) disposeParams(params);
  });

  test('a checkpoint without a pooler says so before the work begins', async () => {
    await expect(loadSentences(fixture('roberta-small'), { pooling: 'pooler' })).rejects.toThrow('pooler');
  });
});

describeEachBackend('an ONNX file as a sentence encoder', () => {
  test.each(['first', 'mean'] as const)('%s: equals the same weights in TensorFlow.js', async (pooling) => {
    const onnx = await loadOnnxSentences(fixture('onnx-bert'), { pooling, cache: { folder } });
    const ours = await (await loadSentences(fixture('bert-small'), { pooling })).encode(TEXTS);
    try {
      expect(largestDifference(await onnx.encode(TEXTS), ours)).toBeLessThan(1e-5);
      expect(await onnx.encode(TEXTS)).toEqual(await onnx.encode(TEXTS));
    } finally {
      await onnx.close();
    }
  });
});
