import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { configProblems, createModel, modelConfigSchema, predict } from '@mmolre/model';
import { disposeParams, leaves } from '@mmolre/nn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadModel, saveModel } from './checkpoint';
import { compact } from './presets';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-checkpoint-'));
const config = compact();
const examples = [
  { id: 'a', text: 'a fine film', audio: Float32Array.from({ length: 9000 }, (_, i) => Math.sin(i / 20)) },
  { id: 'b', text: 'no recording here, and a longer sentence' },
];

beforeAll(async () => {
  await useBackend({ log: () => {} });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what is saved is read back, and scores the same', async () => {
  const model = await createModel(config.model, 3, { find: findPlace });
  await saveModel(folder, model, config);
  expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'text']);
  const loaded = await loadModel(folder);
  expect(loaded.config).toEqual(config);
  for (const [path, leaf] of leaves(model.params)) {
    expect(leaves(loaded.model.params).get(path)!.dataSync(), path).toEqual(leaf.dataSync());
  }
  const score = (m: typeof model) => predict(m, examples, { batchSize: 2 }).predictions;
  expect(score(loaded.model)).toEqual(score(model));
  disposeParams(model.params);
  disposeParams(loaded.model.params);
});

test('one seed, one model; another seed, another', async () => {
  const [one, same, other] = await Promise.all(
    [1, 1, 2].map((seed) => createModel(config.model, seed, { find: findPlace })),
  );
  const weights = (model: typeof one) => leaves(model!.params).get('heads.emotion.layers.0.weight')!.dataSync();
  expect(weights(same)).toEqual(weights(one));
  expect(weights(other)).not.toEqual(weights(one));
  for (const model of [one, same, other]) disposeParams(model!.params);
});

test.each([
  ['a configuration that is no JSON', 'config.json', '{ "data": ', 'config.json: expected JSON'],
  ['a field of the wrong kind', 'config.json', '{ "data": 5 }', 'config.json: data: '],
  ['weights that are none', 'model.safetensors', 'nothing', 'model.safetensors: not a readable safetensors file'],
])('%s is named', async (_, file, content, message) => {
  const path = join(folder, file);
  const kept = readFileSync(path);
  writeFileSync(path, content);
  await expect(loadModel(folder)).rejects.toThrow(message);
  writeFileSync(path, kept);
});

test('weights of another shape are listed', async () => {
  const path = join(folder, 'config.json');
  const other = { ...config, model: { ...config.model, unitse: { ...config.model.unitse, taskRank: 5 } } };
  writeFileSync(path, JSON.stringify(other));
  await expect(loadModel(folder)).rejects.toThrow(
    /model.safetensors: does not fit the model: unitse.text.0.tasks.sentiment.expert.down: expected \[3, 96, 5\]/,
  );
});

test.each([
  [{ dModel: 64 }, 'model.dModel: expected 96'],
  [{ fusion: { ...config.model.fusion, numHeads: 5 } }, 'model.fusion.numHeads: expected a divisor of 96, found 5'],
  [{ unitse: { ...config.model.unitse, topK: 16 } }, 'model.unitse.topK: expected at most 15'],
  [{ fusion: { ...config.model.fusion, perTask: false } }, 'model.fusion.perTask: expected true'],
])('a model that does not fit together is refused: %j', async (change, message) => {
  await expect(createModel({ ...config.model, ...change }, 1, { find: findPlace })).rejects.toThrow(message);
});

test('a configuration of before the later fields means what it did', () => {
  const { tasks, emotionClassWeights, emotionFocal, taskWeighting, ...model } = structuredClone(config.model);
  const { mixture, gateNoise, upKernel, ...unitse } = model.unitse;
  const { perTask, shareDirections, ...fusion } = model.fusion;
  expect(modelConfigSchema.parse({ ...model, unitse, fusion })).toEqual(config.model);
});

test.each([
  ['tasks', ['emotion', 'sentiment'], 'expected sentiment, emotion, or both in this order'],
  ['tasks', [], 'expected sentiment, emotion, or both in this order'],
  ['emotionClassWeights', [1, 2], 'emotionClassWeights: '],
  ['emotionClassWeights', 'even', 'expected none, balanced, or 6 numbers of 0 or more'],
  ['emotionFocal', -1, 'emotionFocal: '],
  ['taskWeighting', 'by hand', 'taskWeighting: '],
])('%s: %j is refused', (field, value, message) => {
  const { error } = modelConfigSchema.safeParse({ ...config.model, [field]: value });
  expect(configProblems(error!)).toContain(message);
});
