import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, evaluating } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import {
  type CompactTextConfig,
  createCompactText,
  initCompactText,
  readSubwordTable,
  readSubwordTokenizer,
  SUBWORD_WIDTH,
  SUBWORDS,
} from '../index';
import { findPlace } from '../node/find-place';

const config: CompactTextConfig = {
  kind: 'compact',
  numLayers: 2,
  numHeads: 4,
  width: 64,
  dropout: 0.2,
  maxTokens: 16,
  trainTable: true,
};

describeEachBackend('the compact text encoder', () => {
  let encoder: ReturnType<typeof createCompactText>;
  beforeAll(async () => {
    const place = await findPlace(SUBWORDS);
    const params = initCompactText(config, await readSubwordTable(place), createRng(1));
    encoder = createCompactText(config, params, await readSubwordTokenizer(place));
  });
  const idsOf = (text: string) => [...encoder.prepare([text]).ids.dataSync()];

  test('tokens are those of the Hugging Face tokenizer', () => {
    expect(idsOf('Hello, world!')).toEqual([101, 7592, 1010, 2088, 999, 102]);
    expect(idsOf('I LOVE this movie')).toEqual([101, 1045, 2293, 2023, 3185, 102]);
    expect(idsOf('  unaffable\tcafé naïve ')).toEqual([101, 14477, 20961, 3468, 7668, 15743, 102]);
    expect(idsOf("don't")).toEqual([101, 2123, 1005, 1056, 102]);
    expect(idsOf('笑 :) 3.5')).toEqual([101, 100, 1024, 1007, 1017, 1012, 1019, 102]);
    expect(idsOf('')).toEqual([101, 102]);
  });

  test('a text is cut at maxTokens, and still ends in [SEP]', () => {
    const ids = idsOf('movie '.repeat(300));
    expect(ids).toEqual([101, ...Array(14).fill(3185), 102]);
    expect(idsOf('movie '.repeat(14))).toEqual(ids);
  });

  test('a batch is padded with 0 to its longest text', () => {
    const { ids, mask } = encoder.prepare(['movie', '', 'hello world']);
    expect(ids.arraySync()).toEqual([
      [101, 3185, 102, 0],
      [101, 102, 0, 0],
      [101, 7592, 2088, 102],
    ]);
    expect(ids.dtype).toBe('int32');
    expect(mask.arraySync()).toEqual([
      [1, 1, 1, 0],
      [1, 1, 0, 0],
      [1, 1, 1, 1],
    ]);
  });

  test('padding changes nothing, and padded positions are 0', () => {
    const texts = ['hello', 'a much longer text than the one before it'];
    const alone = encoder.encode(encoder.prepare([texts[0]!]), evaluating).hidden;
    const both = encoder.encode(encoder.prepare(texts), evaluating).hidden;
    expect(relativeError(tf.slice(both, [0, 0, 0], [1, 3, SUBWORD_WIDTH]), alone)).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(tf.slice(both, [0, 3, 0], [1, -1, -1]))).dataSync()[0]).toBe(0);
    expect(encoder.dModel).toBe(SUBWORD_WIDTH);
  });

  test('dropout follows the seed, in training only', () => {
    const input = encoder.prepare(['hello world']);
    const run = (training: boolean, seed: number) => encoder.encode(input, { training, seed }).hidden.arraySync();
    expect(run(true, 1)).toEqual(run(true, 1));
    expect(run(true, 1)).not.toEqual(run(true, 2));
    expect(run(false, 1)).toEqual(run(false, 2));
  });

  test('leaks no tensor', () => {
    const before = tf.memory().numTensors;
    const input = encoder.prepare(['hello world', 'movie']);
    expect(tf.memory().numTensors).toBe(before + 2);
    encoder.encode(input, { training: true, seed: 1 }).hidden.dispose();
    tf.dispose(input);
    expect(tf.memory().numTensors).toBe(before);
  });
});
