import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { frameCache } from '@mmolre/files';
import { createRng, disposeParams, evaluating } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadText } from '../node/pretrained';
import { initBert } from './bert-checkpoint';
import { createFrozenText } from './frozen-text';
import { createPretrainedText } from './pretrained-text';

const source = fileURLToPath(new URL('../__fixtures__/bert-small', import.meta.url));
const TEXTS = ['what a movie', 'Nothing.', 'I loved the ending of this movie, and the music'];

describeEachBackend('a frozen text encoder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmolre-frozen-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each(['memory', 'disk'])(
    'gives what the encoder gives, and the same bits the second time (%s)',
    async (where) => {
      const model = await loadText(source);
      const options = {
        maxTokens: 12,
        rules: 'mmml',
        ...(where === 'disk' ? { cache: frameCache({ folder, precision: 'float32' }) } : {}),
      } as const;
      const frozen = createFrozenText(model, options);
      const plain = createPretrainedText(model, options);
      const before = tf.memory().numTensors;
      const input = frozen.prepare(TEXTS);
      expect(tf.memory().numTensors).toBe(before + 2);
      const { hidden, mask } = frozen.encode(input, { training: true, seed: 1 });
      const wanted = plain.encode(plain.prepare(TEXTS), evaluating);
      expect(mask.arraySync()).toEqual(wanted.mask.arraySync());
      expect(relativeError(hidden, wanted.hidden)).toBeLessThan(1e-5);
      expect(frozen.params).toEqual({});
      hidden.dispose(); // the caller's, while the input stays
      expect(input.hidden.isDisposed).toBe(false);
      const first = input.hidden.arraySync();
      disposeParams(model.params); // it is not computed again
      expect(frozen.prepare(TEXTS).hidden.arraySync()).toEqual(first);
    },
  );

  test('a text has the same bits whichever are computed with it', async () => {
    const model = await loadText(source);
    const texts = Array.from({ length: 40 }, (_, i) => `what ${'a very long '.repeat(i % 7)}movie ${i}`);
    const alone = createFrozenText(model);
    const statesOf = (encoder: typeof alone, batch: string[]) => {
      const { hidden } = encoder.prepare(batch);
      return (hidden.arraySync() as number[][][]).map((row, i) =>
        row.slice(0, model.tokenizer.encode(batch[i]!, 32).length),
      );
    };
    const wanted = texts.map((text) => statesOf(alone, [text])[0]);
    expect(statesOf(createFrozenText(model), texts)).toEqual(wanted);
    expect(statesOf(createFrozenText(model), [...texts, ...texts].reverse()).slice(40)).toEqual(wanted.toReversed());
    const cache = frameCache({ folder, precision: 'float32' });
    createFrozenText(model, { cache }).prepare(texts.slice(0, 5));
    expect(statesOf(createFrozenText(model, { cache }), texts)).toEqual(wanted); // some from the disk, some beside them
  });

  test('other weights or another cut never read what the cache holds', async () => {
    const model = await loadText(source);
    const options = { cache: frameCache({ folder, precision: 'float16' }) };
    const files = () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.arrays')).length;
    createFrozenText(model, options).prepare(TEXTS);
    createFrozenText(model, options).prepare(TEXTS);
    expect(files()).toBe(3);
    createFrozenText({ ...model, params: initBert(model.config, createRng(1)) }, options).prepare(TEXTS);
    expect(files()).toBe(6);
    createFrozenText(model, { ...options, maxTokens: 6 }).prepare(TEXTS.slice(2));
    expect(files()).toBe(7);
  });
});
