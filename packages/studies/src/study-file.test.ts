import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveConfig } from '@mmolre/training';
import { afterAll, expect, test } from 'vitest';
import { settingsOf } from './sampling';
import { readStudy } from './study-file';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-study-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'study.yaml');
function read(text: string, ...rest: [Parameters<typeof readStudy>[1]?]) {
  writeFileSync(file, text);
  return readStudy(file, ...rest);
}

test('what a file leaves out: a grid of the default run, one seed, by the loss, without pruner', () => {
  expect(read('name: a')).toEqual({
    ...{ name: 'a', base: { preset: 'small', set: {} }, sampler: 'grid', seeds: [1], fields: {} },
    ...{ metric: 'loss', pruner: 'none' },
  });
  const { pruner } = read('{ name: a, pruner: { median: {} } }');
  expect(pruner).toEqual({ median: { startupTrials: 5, warmupEpochs: 0 } });
});

test('the command line is over the file', () => {
  const text =
    '{ name: a, base: { preset: small, data: x, set: { training.maxSteps: 9, training.batchSize: 4 } }, seeds: [1, 2] }';
  const study = read(text, { preset: 'quick', data: undefined, set: ['training.maxSteps=8'], seeds: [3] });
  expect(study.base).toEqual({ preset: 'quick', data: 'x', set: { 'training.maxSteps': 8, 'training.batchSize': 4 } });
  expect(study.seeds).toEqual([3]);
});

test.each([
  ['name: ../a', 'name: expected letters, digits and . _ -, as a folder is called by it'],
  ['{ name: a, trials: 3 }', 'configuration: Unrecognized key: "trials"'],
  [
    '{ name: a, fields: { training.batchSize: 8 } }',
    'fields.training.batchSize: expected a list of values, a range (low, high, log, integer), or cases (a name each, with fields)',
  ],
  [
    '{ name: a, fields: { f: { low: 2, high: 1 } }, sampler: { random: { trials: 3 } } }',
    'fields.f: expected low below high',
  ],
  [
    '{ name: a, fields: { f: { low: 1, high: 2 } } }',
    'fields.f: a range is for sampler random; a grid needs a list of values',
  ],
  ['{ name: a, metric: last }', 'metric: Invalid option'],
  [
    '{ name: a, pruner: { halving: { reductionFactor: 1 } } }',
    'pruner.halving.reductionFactor: Too small: expected number to be >=2',
  ],
  ['{ name: a, sampler: all }', 'sampler: expected grid, or random (trials, seed)'],
  ['name: [', 'expected YAML'],
])('%s is refused in a line that names file and field', (text, line) => {
  expect(() => read(text)).toThrow(`${file}: ${line}`);
});

test('a file that is not there', () => {
  expect(() => readStudy(join(folder, 'none.yaml'))).toThrow(`${join(folder, 'none.yaml')}: no such file`);
});

const shipped = fileURLToPath(new URL('../../../apps/trainer/studies', import.meta.url));
test.each(readdirSync(shipped))('every setting of %s is a configuration, of the paper and in small', (name) => {
  for (const preset of [undefined, 'quick'] as const) {
    const study = readStudy(join(shipped, name), { preset });
    expect(`${study.name}.yaml`).toBe(name);
    expect(study.seeds).toEqual([1, 2, 3]);
    for (const setting of settingsOf(study)) {
      const { variant, ...own } = Object.assign({}, study.base.set, ...Object.values(setting).map(({ set }) => set));
      const set = Object.entries(own).map(([field, value]) => `${field}=${JSON.stringify(value)}`);
      expect(() => resolveConfig({ preset: study.base.preset, variant, set })).not.toThrow();
    }
  }
});
