import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@mmolre/backend';
import type { Example } from '@mmolre/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fitSimpleModels, readSimpleModels, type SimpleModels, scoreSimpleModels, writeSimpleModels } from './index';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-simple-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'simple-models.json');
const options = {
  find: async () => {
    throw new Error('no network');
  },
  log: () => {},
};
const train = Array.from(
  { length: 12 },
  (_, i): Example => ({
    id: `${i}`,
    text: i % 2 ? 'a good film' : 'a bad film',
    audio: Float32Array.from({ length: 4000 }, (_, t) => Math.sin(t * 0.02 * (1 + (i % 3)))),
    sentiment: (i % 2) + 0.1 * i,
    emotions: [0, i % 3 === 0 ? 1 : 0, 0, 0, 0, 0],
  }),
);
let models: SimpleModels;
beforeAll(async () => {
  await useBackend({ log: () => {} });
  models = await fitSimpleModels(train, { ...options, tasks: ['sentiment', 'emotion'], maxSeconds: 2 });
});

test('models that are written and read again are the same, and score the same', async () => {
  await writeSimpleModels(path, models);
  const again = await readSimpleModels(path);
  expect(again).toEqual(models);
  expect(await scoreSimpleModels(again, train, options)).toEqual(await scoreSimpleModels(models, train, options));
});

const forged = (change: (models: SimpleModels) => unknown) => {
  const copy = structuredClone(models);
  return JSON.stringify(change(copy) ?? copy);
};
test.each<[what: string, content: () => string, message: RegExp]>([
  ['nothing', () => '', /expected JSON/],
  ['null', () => 'null', /expected object/],
  ['a list', () => '[]', /expected object/],
  ['deep lists', () => `${'['.repeat(1e5)}${']'.repeat(1e5)}`, /expected/],
  ['no models', () => forged(({ models: _, ...rest }) => rest), /models: /],
  ['a format to come', () => forged((found) => ({ ...found, format: 2 })), /format: /],
  ['a field of its own', () => forged((found) => ({ ...found, code: 'x' })), /code/],
  [
    'too few weights',
    () => forged((found) => void found.models[0]!.sentiment!.pop()),
    /models.0.sentiment: expected \d+ numbers, found \d+/,
  ],
  [
    'too many',
    () => forged((found) => void found.models[1]!.emotions![6]!.push(1)),
    /models.1.emotions.6: expected \d+ numbers/,
  ],
  ['six columns', () => forged((found) => void found.models[0]!.emotions!.pop()), /models.0.emotions: /],
  ['infinity', () => forged(() => undefined).replace(/"median":[^,]*/, '"median":1e999'), /median: /],
  ['a word', () => forged((found) => ({ ...found, median: 'x' })), /median: /],
  [
    'another block',
    () => forged((found) => void Object.assign(found.models[0]!, { blocks: ['__proto__'] })),
    /models.0.blocks.0: /,
  ],
  [
    'a deviation of 0',
    () => forged((found) => void found.functionals.deviations.splice(3, 1, 0)),
    /functionals.deviations.3: /,
  ],
  ['terms without weights', () => forged((found) => void found.tfIdf.terms.push('x')), /tfIdf.weights: expected/],
  ['many models', () => forged((found) => ({ ...found, models: new Array(100).fill(found.models[0]) })), /models: /],
])('%s is refused in one line that names the file', async (_, content, message) => {
  writeFileSync(path, content());
  const error = await readSimpleModels(path).catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message.startsWith(`${path}: `)).toBe(true);
  expect((error as Error).message).not.toContain('\n');
});

test('a file that is cut short is refused, wherever', async () => {
  await writeSimpleModels(path, models);
  const whole = readFileSync(path, 'utf8').trimEnd();
  for (let part = 0; part < 40; part++) {
    writeFileSync(path, whole.slice(0, Math.floor((part * whole.length) / 40)));
    await expect(readSimpleModels(path)).rejects.toThrow(`${path}: expected JSON, found something else (cut short?)`);
  }
});
