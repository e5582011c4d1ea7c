import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { createModel } from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { loadModel, saveModel } from './checkpoint';
import { compact, variants } from './presets';
import type { RunConfig } from './run-config';
import { readBaselines, readThresholds } from './run-facts';
import { CHECKPOINT_FILES, checkpointFile } from './run-layout';

// A run's folder may come from anywhere. Whatever its files claim, reading them gives a model or one line that says what is wrong where.

type File = 'config' | 'weights' | 'thresholds' | 'baselines';
type Content = string | Uint8Array;

const folder = mkdtempSync(join(tmpdir(), 'mmolre-forged-'));
const path = (file: File) => checkpointFile(folder, file);
/** What each file holds in a run that nothing is wrong with. */
const sound = {} as Record<File, Buffer>;
let mostMemory: number;

beforeAll(async () => {
  await useBackend({ log: () => {} });
  const run = variants['post-fusion'](compact());
  const config: RunConfig = {
    ...run,
    model: {
      ...run.model,
      text: { kind: 'compact', numLayers: 1, numHeads: 2, width: 16, dropout: 0, maxTokens: 8, trainTable: false },
      unitse: { ...run.model.unitse, ranks: [2, 2], taskRank: 2, topK: 1 },
      fusion: { ...run.model.fusion, numLayers: 1, width: 16 },
      heads: { hidden: 16, dropout: 0 },
      auxiliaryWeight: 0,
    },
  };
  const model = await createModel(config.model, 1, { find: findPlace });
  await saveModel(folder, model, config);
  disposeParams(model.params);
  writeFileSync(path('thresholds'), JSON.stringify(new Array(6).fill(0.5)));
  writeFileSync(path('baselines'), JSON.stringify({ sentiment: 0 }));
  for (const file of ['config', 'weights', 'thresholds', 'baselines'] as const) sound[file] = readFileSync(path(file));
  await read();
  mostMemory = process.resourceUsage().maxRSS + 600_000; // kilobytes
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fields = new Set(Object.getOwnPropertyNames(Object.prototype));
afterEach(() => {
  expect(new Set(Object.getOwnPropertyNames(Object.prototype))).toEqual(fields);
  expect(process.resourceUsage().maxRSS).toBeLessThan(mostMemory);
});

async function read(): Promise<void> {
  const { model } = await loadModel(folder);
  disposeParams(model.params);
  await readThresholds(path('thresholds'));
  await readBaselines(path('baselines'));
}

/** What reading the run with one file replaced throws. */
async function errorOf(file: File, content: Content): Promise<unknown> {
  writeFileSync(path(file), content);
  return await read()
    .catch((error) => error)
    .finally(() => writeFileSync(path(file), sound[file]));
}

async function expectRefused(file: File, content: Content, message = ''): Promise<void> {
  const error = await errorOf(file, content);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).constructor).toBe(Error);
  const line = (error as Error).message;
  expect(line).toMatch(/^.{1,8000}$/u);
  expect(line).toContain(`${CHECKPOINT_FILES[file]}: `);
  expect(line).toContain(message);
}

test('nothing is wrong with what the forged ones are made of', read);

/** The configuration with one field, or several, replaced. */
function configWith(change: Record<string, unknown>): string {
  const config = JSON.parse(sound.config.toString());
  for (const [field, value] of Object.entries(change)) {
    const keys = field.split('.');
    const last = keys.pop()!;
    keys.reduce((tree, key) => tree[key], config)[last] = value;
  }
  return JSON.stringify(config);
}

test.each<[field: string, value: unknown]>([
  ['model.dModel', '96'],
  ['model.dModel', null],
  ['model.dModel', -96],
  ['model.dModel', 1e9],
  ['model.unitse.numBlocks', 1e9],
  ['model.unitse.ranks', new Array(1e6).fill(16)],
  ['model.unitse.ranks', {}],
  ['model.unitse.ranks.0', 1e9],
  ['model.unitse.taskRank', 1e15],
  ['model.unitse.topK', 1e9],
  ['model.unitse.pruned', { text: new Array(1e6).fill([]), audio: [] }],
  ['model.unitse.pruned', { text: [[1e9]], audio: [] }],
  ['model.fusion.numLayers', 1e7],
  ['model.fusion.numHeads', 1e9],
  ['model.fusion.width', 1e9],
  ['model.fusion.dropout', 2],
  ['model.heads.hidden', 1e9],
  ['model.text.numLayers', 1e7],
  ['model.text.width', 1e9],
  ['model.text.maxTokens', 1e9],
  ['model.text.kind', 'constructor'],
  ['model.text.kind', '__proto__'],
  ['model.audio.mel.numBands', 1e8],
  ['model.audio.mel', { numBands: 80, lowest: 7000, highest: 20 }],
  ['model.audio.convs', new Array(1e5).fill({ kernel: 1, stride: 1 })],
  ['model.audio.convs.0.kernel', 1e9],
  ['model.audio.convs.0.stride', 1e9],
  ['model.audio.numLayers', 1e7],
  ['model.audio.maxSeconds', 1e12],
  ['model.audio.augment.numMasks', 1e9],
  ['model.tasks', ['sentiment', 'x\ny']],
  ['training.batchSize', 1e9],
  ['training.maxEpochs', 1e12],
  ['training.maxSteps', 1e12],
  ['training.warmupSteps', 1e12],
  ['training.patience', 1e12],
  ['unify.top', 1e12],
])('config.json: %s is refused by its name', async (field, value) => {
  await expectRefused('config', configWith({ [field]: value }), field.replace(/\.\d+$/, ''));
});

const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
const NAMED = '"model":{';
test.each([
  ['null', 'null', 'configuration: '],
  ['a list', '[]', 'configuration: '],
  ['a number', '1e999', 'configuration: '],
  ['nothing', '', 'expected JSON'],
  ['cut', '{"data":"x","mod', 'expected JSON'],
  ['deep', '['.repeat(1e6), 'expected JSON'],
  ['deep and whole', `${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`, 'data: '],
  ['a deep field', () => configWith({}).replace(NAMED, `"model":${deep},"other":{`), 'model: '],
  [
    'an unknown field',
    () => configWith({}).replace(NAMED, `${NAMED}"new\\nfield":1,`),
    'model: Unrecognized key: "new field"',
  ],
  [
    'ten thousand of them',
    () => configWith({ model: Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`k${i}`, i])) }),
    'model.',
  ],
  [
    'a constructor',
    () => configWith({}).replace(NAMED, `${NAMED}"constructor":{"prototype":{"x":1}},`),
    '"constructor"',
  ],
  [
    'its fields in a prototype',
    () =>
      configWith({ model: 0 }).replace(
        '"model":0',
        `"model":{"__proto__":${JSON.stringify(JSON.parse(configWith({})).model)}}`,
      ),
    'model.dModel: ',
  ],
])('config.json: %s', async (_, content, message) => {
  await expectRefused('config', typeof content === 'string' ? content : content(), message);
});

test('a __proto__ in config.json changes nothing', async () => {
  const forged = configWith({}).replace(NAMED, `"__proto__":{"seed":7},${NAMED}"__proto__":{"dModel":7,"polluted":1},`);
  writeFileSync(path('config'), forged);
  const outcome = await loadModel(folder).catch((error: Error) => error.message);
  writeFileSync(path('config'), sound.config);
  if (typeof outcome === 'string') expect(outcome).toContain('config.json: ');
  else {
    expect(outcome.config).toEqual(JSON.parse(sound.config.toString()));
    disposeParams(outcome.model.params);
  }
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test.each([
  [
    'experts',
    { 'model.unitse.numBlocks': 256, 'model.unitse.ranks': new Array(1024).fill(8192), 'model.fusion.perTask': true },
  ],
  ['fusion layers', { 'model.fusion.numLayers': 256, 'model.fusion.width': 65_536 }],
  ['convolutions', { 'model.audio.convs': new Array(32).fill({ kernel: 1024, stride: 1 }) }],
  ['positions', { 'model.text.maxTokens': 65_536 }],
])('many %s, each within its limit, are refused before there is memory for them', async (_, change) => {
  const error = await errorOf('config', configWith(change));
  expect((error as Error).message).toMatch(/^.*model\.safetensors: does not fit the model: .*$/);
});

// The weights.

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
const headerLength = () => Number(sound.weights.readBigUInt64LE(0));
const header = (): Header => JSON.parse(sound.weights.toString('utf8', 8, 8 + headerLength()));
const data = () => sound.weights.subarray(8 + headerLength());

function file(header: Header | string, bytes: Uint8Array = data()): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, bytes]);
}
const empty: Header[string] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
const manyEmpty = Object.fromEntries(Array.from({ length: 5e4 }, (_, i) => [`t${i}`, empty]));

/** A file whose first tensor's claim is changed. */
function claiming(change: (entry: Header[string], next: Header[string]) => object): Buffer {
  const forged = header();
  const [first, second] = Object.keys(forged).filter((key) => key !== '__metadata__') as [string, string];
  forged[first] = { ...forged[first]!, ...change(forged[first]!, forged[second]!) };
  return file(forged);
}
/** A file with one number replaced, in the tensor whose path ends so. */
function holding(value: number, tensor: string): Buffer {
  const bytes = Buffer.from(data());
  const [, { data_offsets }] = Object.entries(header()).find(([key]) => key.endsWith(tensor))!;
  bytes.writeFloatLE(value, data_offsets[1] - 4);
  return file(header(), bytes);
}

test.each<[string, () => Buffer, string]>([
  ['a byte more', () => Buffer.concat([sound.weights, Buffer.from('x')]), 'follow the last tensor'],
  ['two tensors in one place', () => claiming((_, { data_offsets }) => ({ data_offsets })), ''],
  ['a huge shape', () => claiming(() => ({ shape: [2 ** 40, 2 ** 20] })), 'needs'],
  ['a negative shape', () => claiming(({ shape }) => ({ shape: [-1, ...shape] })), 'no proper shape'],
  ['no shape', () => claiming(() => ({ shape: null })), 'no proper shape'],
  [
    'a shape the other way round',
    () => claiming(({ shape }) => ({ shape: shape.toReversed() })),
    'does not fit the model',
  ],
  ['integers', () => claiming(() => ({ dtype: 'I32' })), 'expected F32, found I32'],
  ['a dtype of every object', () => claiming(() => ({ dtype: 'toString' })), 'has dtype toString'],
  ['a header of 2^63 bytes', () => file('x').fill(0x80, 7, 8), 'its header claims'],
  [
    'a header of 90 MB',
    () => Buffer.concat([Buffer.from([0, 0, 0xa0, 5, 0, 0, 0, 0]), sound.weights]),
    'its header claims',
  ],
  ['a deep header', () => file('['.repeat(1e6)), 'not JSON'],
  ['a deep header of objects', () => file(`${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`), "'a' has dtype"],
  ['a name twice', () => file('{"a":1,"a":2}'), "names 'a' twice"],
  ['a list as header', () => file('[]'), 'not a JSON object'],
  ['null for a tensor', () => file('{"a":null}'), "'a' has dtype"],
  ['a name that breaks the line', () => file({ 'a\nb': empty, ...header() }), 'unexpected a b'],
  [
    'a tensor called __proto__',
    () => file(JSON.stringify(header()).replace('{', `{"__proto__":${JSON.stringify(empty)},`)),
    'unexpected __proto__',
  ],
  ['thousands of tensors', () => file({ ...header(), ...manyEmpty }), 'more'],
  [
    'NaN everywhere',
    () => file(header(), new Uint8Array(data().length).fill(0xff)),
    'expected finite numbers, found NaN or infinity in',
  ],
  ['one NaN', () => holding(Number.NaN, 'heads.sentiment.layers.0.bias'), 'heads.sentiment.layers.0.bias'],
  ['one infinity', () => holding(Number.NEGATIVE_INFINITY, 'table'), 'text.table'],
])('model.safetensors: %s', async (_, content, message) => {
  await expectRefused('weights', content(), message);
});

test('model.safetensors cut at any length', async () => {
  const { length } = sound.weights;
  const start = 8 + headerLength();
  const edges = [0, 1, 7, 8, 9, 100, start - 1, start, start + 1, length - 4, length - 1];
  const lengths = Array.from({ length: 64 - edges.length }, (_, i) => Math.floor(((i + 1) * length) / 64));
  for (const cut of [...edges, ...lengths]) await expectRefused('weights', sound.weights.subarray(0, cut));
});

/** A byte of each kind: where it is in the file. */
const BYTES: Record<string, (text: string) => number> = {
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`of the header's length, ${i}`, () => i])),
  'that opens the header': () => 8,
  'that quotes a name': (text) => text.indexOf('"', 8),
  'of a name': (text) => text.indexOf('heads.'),
  'after a name': (text) => text.indexOf('":{') + 1,
  'of a field': (text) => text.indexOf('dtype'),
  'of a dtype': (text) => text.indexOf('"F32"') + 1,
  'of the number in a dtype': (text) => text.indexOf('"F32"') + 2,
  'that opens a shape': (text) => text.indexOf('"shape":[') + 8,
  'of a shape': (text) => text.indexOf('"shape":[') + 9,
  'of an offset': (text) => text.lastIndexOf('"data_offsets":[') + 16,
  'between offsets': (text) => text.indexOf(',', text.lastIndexOf('"data_offsets":[')),
  'that closes the header': (text) => text.lastIndexOf('}', 8 + headerLength()),
};

test.each(Object.entries(BYTES))('model.safetensors with a flipped bit in a byte %s', async (_, find) => {
  const at = find(sound.weights.toString('latin1', 0, 8 + headerLength()));
  expect(at).toBeGreaterThanOrEqual(0);
  for (let bit = 0; bit < 8; bit++) {
    const flipped = Buffer.from(sound.weights);
    flipped[at]! ^= 1 << bit;
    await expectRefused('weights', flipped);
  }
});

test.each<[what: string, File, content: string]>([
  ['null', 'thresholds', 'null'],
  ['too few', 'thresholds', '[0.5]'],
  ['no list', 'thresholds', '{"length":6}'],
  ['words', 'thresholds', '["a","b","c","d","e","f"]'],
  ['a million', 'thresholds', JSON.stringify(new Array(1e6).fill('x'))],
  ['deep lists', 'thresholds', deep],
  ['null', 'baselines', 'null'],
  ['a list', 'baselines', '[]'],
  ['words', 'baselines', '{"sentiment":"x"}'],
  ['deep lists', 'baselines', `{"sentiment":${deep}}`],
])('%s in %s.json', async (_, file, content) => {
  await expectRefused(file, content, file);
});
