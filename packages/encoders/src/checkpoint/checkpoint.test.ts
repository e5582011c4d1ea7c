import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { disposeParams, evaluating, leaves, toSafetensors } from '@mmolre/nn';
import { readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BertParams } from '../bert/bert';
import { bertLayout } from '../bert/bert-checkpoint';
import { readBertConfig } from '../bert/bert-config';
import { roberta } from '../bert/roberta';
import { folderPlace } from '../node/folder-place';
import { openSafetensors } from '../node/safetensors-file';
import { writeCheckpoint } from '../node/write-checkpoint';
import { type CheckpointLayout, readCheckpoint } from './checkpoint';
import { parseWeightIndex } from './weight-files';

const fixture = (name: string) => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));
const configOf = (folder: string) =>
  readBertConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')), folder);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes tensors as the folder's weights. */
const put = (tensors: Record<string, tf.Tensor>, name = 'model.safetensors') =>
  writeFile(join(folder, name), toSafetensors(new Map(Object.entries(tensors))));

/** A model of three tensors, one transposed, and a part that may be missing. */
const layout: CheckpointLayout = {
  shapes: new Map([
    ['embeddings.table', [2, 2]],
    ['dense.weight', [3, 2]],
    ['norm.LayerNorm.weight', [2]],
    ['pooler.weight', [2, 2]],
    ['pooler.bias', [2]],
  ]),
  prefix: 'model.',
  optional: ['pooler'],
  axes: (name) => (name === 'dense.weight' ? [1, 0] : undefined),
};
const whole = () => ({
  'embeddings.table': tf.tensor2d([1, 2, 3, 4], [2, 2]),
  'dense.weight': tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]),
  'norm.LayerNorm.weight': tf.tensor1d([7, 8]),
});
const values = async () =>
  Object.fromEntries(
    [...leaves(await readCheckpoint(folderPlace(folder), layout))].map(([path, leaf]) => [path, leaf.arraySync()]),
  );
const wanted = {
  'embeddings.table': [[1, 2], [3, 4]], // biome-ignore format: a table
  'dense.weight': [[1, 3, 5], [2, 4, 6]], // biome-ignore format: a table
  'norm.LayerNorm.weight': [7, 8],
};

describeEachBackend('a checkpoint', () => {
  test('is read with its matrices turned, without the part that it leaves out', async () => {
    await put(whole());
    expect(await values()).toEqual(wanted);
  });

  test('with a prefix and the tensors of a head', async () => {
    const prefixed = Object.entries(whole()).map(([name, tensor]) => [`model.${name}`, tensor]);
    await put({
      ...Object.fromEntries(prefixed),
      'lm_head.dense.weight': tf.ones([4]),
      'cls.predictions.bias': tf.ones([1]),
      'model.embeddings.position_ids': tf.ones([5]),
    });
    expect(await values()).toEqual(wanted);
  });

  test('with the names that old checkpoints give a layer norm', async () => {
    const { 'norm.LayerNorm.weight': norm, ...others } = whole();
    await put({ ...others, 'norm.LayerNorm.gamma': norm });
    expect(await values()).toEqual(wanted);
    await put({ ...whole(), 'norm.LayerNorm.gamma': norm });
    await expect(values()).rejects.toThrow(
      'norm.LayerNorm.weight twice, as norm.LayerNorm.weight and norm.LayerNorm.gamma',
    );
  });

  test('in several files', async () => {
    const { 'dense.weight': dense, ...others } = whole();
    await put({ 'dense.weight': dense }, 'model-1-of-2.safetensors');
    await put(others, 'model-2-of-2.safetensors');
    const weight_map = {
      'dense.weight': 'model-1-of-2.safetensors',
      'embeddings.table': 'model-2-of-2.safetensors',
      'norm.LayerNorm.weight': 'model-2-of-2.safetensors',
    };
    const index = join(folder, 'model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ metadata: {}, weight_map }));
    expect(await values()).toEqual(wanted);

    await writeFile(
      index,
      JSON.stringify({ weight_map: { ...weight_map, 'dense.weight': 'model-2-of-2.safetensors' } }),
    );
    await expect(values()).rejects.toThrow(
      /index\.json: does not fit its files: dense\.weight is not in model-2-of-2\.safetensors$/,
    );
    await put({ ...others, 'dense.weight': dense, extra: dense }, 'model-2-of-2.safetensors');
    await writeFile(index, JSON.stringify({ weight_map }));
    await expect(values()).rejects.toThrow(
      'dense.weight is in model-1-of-2.safetensors and in model-2-of-2.safetensors; ' +
        'dense.weight is not in model-1-of-2.safetensors; extra in model-2-of-2.safetensors is not listed',
    );
    await rm(join(folder, 'model-1-of-2.safetensors'));
    await expect(values()).rejects.toThrow(/model-1-of-2\.safetensors: not found$/);
  });

  test('that transformers wrote in bfloat16, in several files, with a head: equal outputs', async () => {
    const from = fixture('roberta-sharded');
    const config = configOf(from);
    const params = await readCheckpoint<BertParams>(folderPlace(from), bertLayout(config));
    expect(params.pooler).toBeUndefined();
    const numbers = readFixture(new URL('../__fixtures__/roberta-sharded.safetensors', import.meta.url));
    const input = { ids: numbers.get<tf.Tensor2D>('ids'), mask: numbers.get<tf.Tensor2D>('mask') };
    expect(relativeError(roberta(params, input, config, evaluating).hidden, numbers.get('output'))).toBeLessThan(1e-5);
  });

  test('lists everything that does not fit, and leaves no tensor behind', async () => {
    await put({
      'embeddings.table': tf.ones([3, 2]),
      'norm.LayerNorm.weight': tf.ones([2]),
      'pooler.bias': tf.ones([2]),
      'other.weight': tf.ones([1]),
    });
    const before = tf.memory().numTensors;
    await expect(values()).rejects.toThrow(
      `${folder}: does not fit its config.json: unexpected other.weight; embeddings.table: expected [2, 2], found [3, 2]; ` +
        'missing dense.weight; missing pooler.weight',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(['roberta', 'bert'])('is written as transformers writes it, byte for byte: %s', async (kind) => {
    const from = fixture(`${kind}-small`);
    const layout = bertLayout(configOf(from));
    const params = await readCheckpoint<BertParams>(folderPlace(from), layout);
    const before = tf.memory().numTensors;
    await writeCheckpoint(join(folder, 'model.safetensors'), params, layout);
    expect(tf.memory().numTensors).toBe(before);
    const [ours, theirs] = await Promise.all([folder, from].map((at) => readFile(join(at, 'model.safetensors'))));
    expect(ours!.equals(theirs!)).toBe(true);
    disposeParams(params);
  });

  test('is not written if the tree is another model’s', async () => {
    const params = { embeddings: { table: tf.ones([2, 2]) }, dense: { weight: tf.ones([3, 2]) }, more: tf.ones([1]) };
    await expect(writeCheckpoint(join(folder, 'x.safetensors'), params, layout)).rejects.toThrow(
      'the parameters are not those of the configuration: dense.weight: expected [3, 2], found [2, 3]; unexpected more; ' +
        'missing norm.LayerNorm.weight',
    );
    expect(existsSync(join(folder, 'x.safetensors'))).toBe(false);
  });
});

describe('weights that cannot be read', () => {
  test('none at all', async () => {
    await expect(readCheckpoint(folderPlace(folder), layout)).rejects.toThrow(
      `${folder}: has no model.safetensors; expected a Hugging Face model, with config.json and model.safetensors`,
    );
  });

  test('a pickle alone: the way to convert it', async () => {
    await writeFile(join(folder, 'pytorch_model.bin'), 'x');
    const problem = await readCheckpoint(folderPlace(folder), layout).catch((error: Error) => error.message);
    expect(problem).toContain(
      'its weights are a pickle (pytorch_model.bin), which can run code and is not read. Convert them once',
    );
    expect(problem).toContain(`AutoModel.from_pretrained('${folder}').save_pretrained('converted')`);
  });

  test.each([
    [
      'cut short',
      (file: Buffer) => file.subarray(0, file.length - 8),
      /ends at byte \d+, the file has \d+ bytes of data \(cut short\?\)$/,
    ],
    [
      'cut in its header',
      (file: Buffer) => file.subarray(0, 100),
      /its header claims \d+ bytes, the file has 100 \(cut short\?\)$/,
    ],
    ['empty', () => Buffer.alloc(0), /expected at least 8 bytes, found 0$/],
    [
      'with a huge header',
      (file: Buffer) => Buffer.concat([Buffer.alloc(8, 0xff), file.subarray(8)]),
      /its header claims 18446744073709552000 bytes/,
    ],
    [
      'a git-lfs pointer',
      () => Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      /this is a git-lfs pointer, not the weights; run 'git lfs pull' in its folder$/,
    ],
  ])('a file that is %s', async (_, damage, problem) => {
    const whole = await readFile(join(fixture('roberta-small'), 'model.safetensors'));
    await writeFile(join(folder, 'model.safetensors'), damage(whole));
    await expect(readCheckpoint(folderPlace(folder), layout)).rejects.toThrow(problem);
  });

  test('a file that claims terabytes costs no memory', async () => {
    const header = JSON.stringify({
      'embeddings.table': { dtype: 'F32', shape: [2 ** 20, 2 ** 20], data_offsets: [0, 2 ** 42] },
    });
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    await writeFile(join(folder, 'model.safetensors'), Buffer.concat([start, Buffer.from(header)]));
    await expect(readCheckpoint(folderPlace(folder), layout)).rejects.toThrow(
      "'embeddings.table' ends at byte 4398046511104, the file has 0",
    );
  });

  test('integers where weights belong', async () => {
    const header = JSON.stringify({ table: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } });
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    await writeFile(join(folder, 'model.safetensors'), Buffer.concat([start, Buffer.from(header), Buffer.alloc(8)]));
    const one: CheckpointLayout = { ...layout, shapes: new Map([['table', [1]]]) };
    await expect(readCheckpoint(folderPlace(folder), one)).rejects.toThrow('table: expected floating point, found I64');
    const file = await openSafetensors(join(folder, 'model.safetensors'));
    await expect(file.read('none')).rejects.toThrow("has no tensor 'none'");
    await file.close();
  });

  test.each([
    ['{', 'expected JSON, found something else (cut short?)'],
    ['null', "has no 'weight_map'"],
    ['{"weight_map":[]}', "has no 'weight_map'"],
    [
      '{"weight_map":{"a":"../b.safetensors"}}',
      "'a' should be in a .safetensors file of the same folder, found '../b.safetensors'",
    ],
    ['{"weight_map":{"a":"b.bin"}}', "'a' should be in a .safetensors file of the same folder, found 'b.bin'"],
  ])('an index that is %s', (json, problem) => {
    expect(() => parseWeightIndex(json, 'x.json')).toThrow(`x.json: ${problem}`);
  });

  test('a file that cannot be written is named', async () => {
    await cp(fixture('roberta-small'), folder, { recursive: true });
    const path = join(folder, 'config.json', 'model.safetensors'); // below a file: cannot be written
    const params = await readCheckpoint<BertParams>(folderPlace(folder), bertLayout(configOf(folder)));
    await expect(writeCheckpoint(path, params, bertLayout(configOf(folder)))).rejects.toThrow(
      /config\.json|could not be written/,
    );
  });
});
