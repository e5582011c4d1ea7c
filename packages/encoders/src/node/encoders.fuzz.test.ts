import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectThat, FUZZ_TIMEOUT, type FuzzTarget, fuzz, mutateJson, mutateSafetensors } from '@mmolre/files/test';
import { leaves } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { bertLayout } from '../bert/bert-checkpoint';
import { readBertConfig } from '../bert/bert-config';
import { readCheckpoint } from '../checkpoint/checkpoint';
import { readData2VecAudioConfig } from '../data2vec-audio/data2vec-audio-config';
import { requireJsonAt } from '../place';
import { loadTokenizer } from '../tokenizer/tokenizer';
import { folderPlace } from './folder-place';

const fixture = (path: string) => fileURLToPath(new URL(`../__fixtures__/${path}`, import.meta.url));
const filesOf = (folder: string) =>
  Object.fromEntries(readdirSync(fixture(folder)).map((name) => [name, readFileSync(join(fixture(folder), name))]));

beforeAll(() => tf.setBackend('cpu'));

/** A model's weights in a broken file, read by the layout of its sound configuration. */
function weights(
  folder: string,
  file: string,
  mutate: FuzzTarget['mutate'],
  firstCheck: RegExp,
  lines: RegExp,
): FuzzTarget {
  const { [file]: seed, ...beside } = filesOf(folder);
  const layout = bertLayout(readBertConfig(JSON.parse(String(beside['config.json'])), folder));
  return {
    seeds: () => [seed!],
    mutate,
    file,
    beside,
    async read(_path, folder) {
      const params = await readCheckpoint(folderPlace(folder), layout);
      for (const [name, leaf] of leaves(params)) {
        const shape = layout.shapes.get(name)!;
        const wanted = layout.axes(name)?.map((axis) => shape[axis]) ?? shape;
        leaf.dispose();
        expectThat(leaf.shape.join() === wanted.join(), () => `${name} of shape [${leaf.shape}]`);
      }
      return [];
    },
    // What lists tensors names the folder.
    named: /mmolre-fuzz/,
    firstCheck,
    share: 0.3,
    lines: { files: lines, share: 0.7 },
  };
}

const config = (folder: string, read: (json: unknown, name: string) => object, lines: RegExp): FuzzTarget => ({
  seeds: () => [filesOf(folder)['config.json']!],
  mutate: mutateJson,
  file: 'config.json',
  async read(path, folder) {
    const found = read(await requireJsonAt(folderPlace(folder), 'config.json', 'a model'), path);
    const numbers = Object.values(found)
      .flat()
      .filter((value) => typeof value === 'number');
    expectThat(numbers.every(Number.isFinite), () => JSON.stringify(found));
    return [];
  },
  firstCheck: /expected JSON|expected a JSON object|^[^:]+: model_type: [^;]+$/,
  share: 0.6,
  lines: { files: lines, share: 0.6 },
});

const TEXTS = ['', 'what a movie, what an ending', '<mask> [CLS] ünïcödé 悪い 💥\u200d\n', 'x'.repeat(300)];
const tokenizer = (folder: string): FuzzTarget => {
  const { 'tokenizer_config.json': beside } = filesOf(folder);
  return {
    seeds: () => [filesOf(folder)['tokenizer.json']!],
    mutate: mutateJson,
    file: 'tokenizer.json',
    beside: { 'tokenizer_config.json': beside! },
    async read(_path, folder) {
      const { encode, maxId } = await loadTokenizer(folderPlace(folder));
      for (const text of TEXTS) {
        const ids = encode(text, 32);
        const isSound = ids.length <= 32 && ids.every((id) => Number.isSafeInteger(id) && id >= 0 && id <= maxId);
        expectThat(isSound, () => `${JSON.stringify(text)} became ${ids}`);
      }
      return [];
    },
    firstCheck: /expected a JSON object/,
    share: 0.8,
    lines: { files: /encoders\/src\/tokenizer\/(tokenizer|tokenizer-rules)\.ts$/, share: 0.6 },
  };
};

const targets: Record<string, FuzzTarget> = {
  safetensors: weights(
    'bert-small',
    'model.safetensors',
    mutateSafetensors,
    /header is not JSON|at least 8 bytes|its header claims|git-lfs/,
    /encoders\/src\/(checkpoint\/checkpoint|node\/safetensors-file)\.ts$/,
  ),
  'index of weights': weights(
    'roberta-sharded',
    'model.safetensors.index.json',
    mutateJson,
    /expected JSON|has no 'weight_map'/,
    /encoders\/src\/checkpoint\/weight-files\.ts$/,
  ),
  'config.json, text': config('roberta-small', readBertConfig, /encoders\/src\/(bert\/bert-config|config-fields)\.ts$/),
  'config.json, audio': config(
    'data2vec-audio-small',
    readData2VecAudioConfig,
    /encoders\/src\/(data2vec-audio\/data2vec-audio-config|config-fields)\.ts$/,
  ),
  'tokenizer.json, roberta': tokenizer('roberta-small'),
  'tokenizer.json, bert': tokenizer('bert-small'),
};

test.each(Object.entries(targets))(
  '%s: broken files are read or refused in one line',
  async (name, target) => {
    expect(await fuzz(name, target)).toEqual([]);
  },
  FUZZ_TIMEOUT,
);
