import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NUM_EMOTIONS } from '@mmolre/datasets';
import { defaultThreshold } from '@mmolre/losses';
import { chooseThresholds, medianBaseline } from '@mmolre/metrics';
import { afterAll, expect, test } from 'vitest';
import { readBaselines, readThresholds } from './run-facts';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-facts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'facts.json');
const write = (json: unknown) => writeFileSync(path, typeof json === 'string' ? json : JSON.stringify(json));

test.each([
  ['of a loss', new Array(NUM_EMOTIONS).fill(defaultThreshold('softmax-ce', NUM_EMOTIONS))],
  ['that were chosen', chooseThresholds([[0, 1, 0, 1, 0.9, 0.1]], [[0, 1, 0, 1, 0, 1]], 0.5, NUM_EMOTIONS)],
  ['at both ends', [0, 1, 0, 1, 0, 1]],
])('thresholds %s are read', async (_, thresholds) => {
  write(thresholds);
  expect(await readThresholds(path)).toEqual(thresholds);
});

test('baselines are read, those of no labels too', async () => {
  const none = { sentiment: medianBaseline([]) };
  const some = { sentiment: medianBaseline([-1, 0.5, 2]) };
  for (const baselines of [none, some]) {
    write(baselines);
    expect(await readBaselines(path)).toEqual(baselines);
  }
  write({ ...some, emotions: new Array(NUM_EMOTIONS).fill(0) }); // as runs once kept them
  expect(await readBaselines(path)).toEqual(some);
});

test.each([
  ['null', 'thresholds: expected a list of 6, numbers of 0 .. 1, found null'],
  ['[0.5]', 'thresholds: expected a list of 6, numbers of 0 .. 1, found [0.5]'],
  ['{"length":6}', 'thresholds: expected a list of 6, numbers of 0 .. 1, found an object'],
  ['["a","b","c","d","e","f"]', 'thresholds.0: expected a number of 0 .. 1, found "a"'],
  ['[0,0,0,null,0,0]', 'thresholds.3: expected a number of 0 .. 1, found null'],
  ['[0,0,0,0,0,1.5]', 'thresholds.5: expected a number of 0 .. 1, found 1.5'],
  ['[-1e999,0,0,0,0,0]', 'thresholds.0: expected a number of 0 .. 1, found -Infinity'],
  ['[0.5,0.', 'expected JSON, found something else (cut short?)'],
])('thresholds %s are refused', async (text, message) => {
  write(text);
  await expect(readThresholds(path)).rejects.toThrow(new Error(`${path}: ${message}`));
});

const emotions = '"emotions":[0,0,0,0,0,1]';
test.each([
  ['null', 'baselines: expected an object with sentiment, found null'],
  ['[]', 'baselines: expected an object with sentiment, found []'],
  [`{${emotions}}`, 'baselines.sentiment: expected a number, found nothing'],
  [`{"sentiment":"x",${emotions}}`, 'baselines.sentiment: expected a number, found "x"'],
  [`{"sentiment":1e999,${emotions}}`, 'baselines.sentiment: expected a number, found Infinity'],
  [`{"__proto__":{"sentiment":0,${emotions}}}`, 'baselines.sentiment: expected a number, found nothing'],
])('baselines %s are refused', async (text, message) => {
  write(text);
  await expect(readBaselines(path)).rejects.toThrow(new Error(`${path}: ${message}`));
});

test('a file that is not there is named', async () => {
  const missing = join(folder, 'none.json');
  await expect(readThresholds(missing)).rejects.toThrow(`${missing}: not found; expected the folder of a trained run`);
});
