import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@mmolre/backend';
import { loadText } from '@mmolre/encoders/node';
import { measureSpace, readSimcseData } from '@mmolre/label-unification';
import { disposeParams } from '@mmolre/nn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runApp } from './__fixtures__/run-app';
import { logOf, startTrainer } from './__fixtures__/tiny-run';

// The built program, on a small BERT with dropout.

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
let folder: string;
const run = (...args: string[]) => runApp('trainer', folder, ['simcse', ...args]);
const small = ['--model', 'bert', '--batch', '4', '--lr', '1e-3'];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-simcse-'));
  const model = join(folder, 'bert');
  cpSync(path('../../../packages/encoders/src/__fixtures__/bert-small'), model, { recursive: true });
  const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'));
  writeFileSync(join(model, 'config.json'), JSON.stringify({ ...config, hidden_dropout_prob: 0.1 }));
  const lines = [
    'A good movie',
    'a bad movie',
    'nothing works',
    'my friend is here',
    'it was dark',
    'what a day',
    'yes',
  ];
  writeFileSync(join(folder, 'lines.txt'), lines.join('\n'));
  writeFileSync(join(folder, 'nli.csv'), 'sent0,sent1,hard_neg\na dog,an animal,no dog\na house,a home,no house\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is measured of the written model, read again. */
async function measuredAgain(data: string, out: string, options: Pick<Parameters<typeof measureSpace>[2], 'pooling'>) {
  await useBackend({ log: () => {} });
  const model = await loadText(join(folder, out, 'model'));
  const found = measureSpace(model, (await readSimcseData(join(folder, data))).measured, { ...options, seed: 5 });
  disposeParams(model.params);
  return found;
}

test('without supervision: writes a model that gives the same vectors when it is read, the same one for a seed', async () => {
  const train = (out: string) =>
    run('--data', 'lines.txt', ...small, '--out', out, '--seed', '5', '--epochs', '3', '--json');
  const { status, stdout, stderr } = train('one');
  expect(status, stderr).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ kind: 'unsupervised', pooling: 'first', steps: 6 });
  expect(report.measuredOn).toBe('the lines trained on');
  expect(report.after).not.toEqual(report.before);
  expect(await measuredAgain('lines.txt', 'one', { pooling: 'first' })).toEqual(report.after);
  const weights = (out: string) => readFileSync(join(folder, out, 'model/model.safetensors'));
  expect(train('two').status).toBe(0);
  expect(weights('two').equals(weights('one'))).toBe(true);
  expect(train('two').stderr).toContain('already trained');
  expect(readdirSync(folder).filter((name) => /\.(tmp|lock)|tmp-/.test(name))).toEqual([]);
  for (const name of ['config.json', 'tokenizer.json'])
    expect(existsSync(join(folder, 'one/model', name)), name).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'one/finished.json'), 'utf8'))).toEqual(
    Object.fromEntries(Object.entries(report).filter(([key]) => key !== 'out')),
  );
});

test('with it: triplets, read by the pooler; the figures as a table', () => {
  const { status, stdout, stderr } = run('--data', 'nli.csv', ...small, '--out', 'sup', '--max-steps', '1');
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('supervised: 2 triplets, pooling pooler');
  expect(stdout).toMatch(/^alignment +\d\.\d{3} -> \d\.\d{3} \(premise and entailment/);
  expect(stdout).toMatch(/^uniformity -\d\.\d{3} -> -\d\.\d{3} \(2 premises/m);
});

test('what cannot be done is said in one line, and writes nothing', () => {
  writeFileSync(join(folder, 'bad.csv'), 'premise,entailment,contradiction\na,b,c\nd,e\n');
  mkdirSync(join(folder, 'full'));
  writeFileSync(join(folder, 'full/notes.md'), 'mine');
  const refused = (message: string, ...args: string[]) => {
    const { status, stdout, lastLine } = run(...args);
    expect([status, stdout]).toEqual([1, '']);
    expect(lastLine).toContain(message);
    expect(lastLine).toMatch(/^trainer: /);
  };
  refused('bad.csv, line 3: expected 3 cells, found 2', '--data', 'bad.csv', ...small, '--out', 'none');
  refused(
    'full: expected the folder of a run, or none, found one without run.json',
    '--data',
    'lines.txt',
    ...small,
    '--out',
    'full',
  );
  refused(
    'bert: expected the folder of a run, or none, found one without run.json',
    '--data',
    'lines.txt',
    ...small,
    '--out',
    'bert',
  );
  expect(existsSync(join(folder, 'none'))).toBe(false);
  expect(readdirSync(join(folder, 'full'))).toEqual(['notes.md']);
  expect(run('--data', 'lines.txt', '--batch', '0').stderr).toContain('expected a number above 0');
});

test('stopped after any step it goes on, and ends byte-equal to one that was never stopped', async () => {
  const args = (out: string) => ['simcse', '--data', 'lines.txt', ...small, '--out', out, '--epochs', '3'];
  const result = (out: string) => {
    const checkpoints = join(folder, out, 'checkpoints');
    const newest = join(checkpoints, readdirSync(checkpoints).sort().at(-1)!);
    const { position, adam } = JSON.parse(readFileSync(join(newest, 'training.json'), 'utf8'));
    const bytes = [join(newest, 'training.safetensors'), join(folder, out, 'model/model.safetensors')];
    return [position, adam, logOf(join(folder, out)), ...bytes.map((file) => readFileSync(file).toString('base64'))];
  };
  expect((await startTrainer(folder, args('straight')).ended).code).toBe(0);
  for (let step = 1; step <= 6; step++) {
    const out = `stopped${step}`;
    const fault = { MMOLRE_FAULT: `a line of the log is written:${step}:SIGINT` };
    const first = await startTrainer(folder, args(out), fault).ended;
    // The signal after the last step of all ends nothing any more, or leaves the end of the epoch to be told.
    if (first.code !== 0) {
      expect(first.code, first.stderr).toBe(130);
      expect(first.lastLine).toContain(`${out}: stopped after ${step} steps; the same command goes on`);
      const second = await startTrainer(folder, args(out)).ended;
      expect(second.code, second.stderr).toBe(0);
      expect(second.stderr).toContain(`${out}: goes on after step ${step}`);
    }
    expect(result(out)).toEqual(result('straight'));
  }
});
