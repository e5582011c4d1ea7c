import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { labelOf, planStudy } from './plan';
import { readStudy } from './study-file';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const rows = (last: string) => ['v0,0,fine,1,train', 'v1,0,bad,-1,valid', last];
const writeData = (last: string) =>
  writeFileSync(join(folder, 'label.csv'), ['video_id,clip_id,text,label,mode', ...rows(last), ''].join('\n'));
beforeEach(() => writeData('v2,0,so so,0,test'));

async function plan(text: string) {
  const file = join(folder, 'study.yaml');
  writeFileSync(file, text);
  const told: string[] = [];
  const options = { file, root: folder, userFolder: folder, log: (line: string) => void told.push(line) };
  return { told, ...(await planStudy(readStudy(file), options)) };
}
const ids = async (text: string) => (await plan(text)).trials.map(({ id }) => id);
const base = 'base: { preset: quick, data: ., text: compact, set: { training.maxSteps: 3 } }';

test('a trial has its settings and the arguments that make it', async () => {
  const { trials } = await plan(`
    name: a
    ${base}
    seeds: [1, 2]
    fields:
      variant: [mmolre, pre-fusion]
      training.batchSize: [4]
  `);
  expect(trials.map(labelOf)).toEqual([
    'variant mmolre, training.batchSize 4, seed 1',
    'variant mmolre, training.batchSize 4, seed 2',
    'variant pre-fusion, training.batchSize 4, seed 1',
    'variant pre-fusion, training.batchSize 4, seed 2',
  ]);
  const { id, args } = trials[2]!;
  expect(id).toMatch(/^[0-9a-f]{12}-seed1$/);
  expect(args.join(' ')).toBe(
    `--preset quick --variant pre-fusion --text compact --data . --name ${id.split('-')[0]} --seed 1 --set training.maxSteps=3 --set training.batchSize=4`,
  );
});

test('the id is what the configuration, the data and the seed are, not how they are said', async () => {
  const study = (fields: string, seeds = '[1]') => `{ name: a, ${base}, seeds: ${seeds}, fields: { ${fields} } }`;
  const [first] = await ids(study('training.batchSize: [4]'));
  expect(await ids(study('training.batchSize: [8, 4]'))).toContain(first);
  expect(await ids(study('all: { cases: { four: { training.batchSize: 4 } } }'))).toEqual([first]);
  expect(await ids(study('training.batchSize: [4]', '[2]'))).toEqual([first!.replace('seed1', 'seed2')]);
  expect(await ids(study('training.batchSize: [5]'))).not.toContain(first);
  writeData('v2,0,so so,0.5,test');
  expect(await ids(study('training.batchSize: [4]'))).not.toContain(first);
});

test('two settings that are the same run are one trial, which is said', async () => {
  const { trials, told } = await plan(
    `{ name: a, ${base}, fields: { training.batchSize: [16], k: { cases: { a: {}, b: {} } } } }`,
  );
  expect(trials).toHaveLength(1);
  expect(told).toContain(
    'training.batchSize 16, k b, seed 1: the same run as training.batchSize 16, k a, seed 1, and left out',
  );
});

test.each([
  ['training.size: [1]', "--set training.size=1: unknown field 'training.size'; expected one of"],
  ['training.batchSize: [0]', 'training.batchSize: Too small'],
  ['text: [gpt]', '--text gpt: expected one of'],
  ['variant: [other]', 'variant: Invalid option: expected one of'],
])('%s is refused before anything is trained, with the file', async (fields, line) => {
  const file = join(folder, 'study.yaml');
  await expect(plan(`{ name: a, ${base}, fields: { ${fields} } }`)).rejects.toThrow(`${file}: ${line}`);
});
