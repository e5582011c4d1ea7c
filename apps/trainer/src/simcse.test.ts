import { spawn } from 'node:child_process';
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
  const model = await loadText(join(folder, out));
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
  expect(report).toMatchObject({ kind: 'unsupervised', pooling: 'first', steps: 6, stopped: 'finished' });
  expect(report.measuredOn).toBe('the lines trained on');
  expect(report.after).not.toEqual(report.before);
  expect(await measuredAgain('lines.txt', 'one', { pooling: 'first' })).toEqual(report.after);
  const weights = (out: string) => readFileSync(join(folder, out, 'model.safetensors'));
  expect(train('two').status).toBe(0);
  expect(weights('two').equals(weights('one'))).toBe(true);
  expect(train('two').status).toBe(0); // its own folder may be written again
  expect(readdirSync(folder).filter((name) => /\.(tmp|old)$/.test(name))).toEqual([]);
  for (const name of ['config.json', 'tokenizer.json']) expect(existsSync(join(folder, 'one', name)), name).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'one/simcse.json'), 'utf8'))).toEqual(
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
  refused('full: has files that this command did not make', '--data', 'lines.txt', ...small, '--out', 'full');
  refused('the model that training starts from', '--data', 'lines.txt', ...small, '--out', 'bert');
  expect(existsSync(join(folder, 'none'))).toBe(false);
  expect(readdirSync(join(folder, 'full'))).toEqual(['notes.md']);
  expect(run('--data', 'lines.txt', '--batch', '0').stderr).toContain('expected a number above 0');
});

test('Ctrl-C ends it after a step and keeps what was trained', async () => {
  const args = ['--data', 'lines.txt', ...small, '--out', 'stopped', '--epochs', '1000000'];
  const child = spawn(process.execPath, [path('../dist/cli.js'), 'simcse', ...args], {
    env: { ...process.env, INIT_CWD: folder },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (/measured on/.test(text)) setTimeout(() => child.kill('SIGINT'), 3_000);
    stderr += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect(status, stderr).toBe(130);
  const report = JSON.parse(readFileSync(join(folder, 'stopped/simcse.json'), 'utf8'));
  expect(report.stopped).toBe('interrupted');
  expect(report.steps).toBeGreaterThan(0);
  expect(await measuredAgain('lines.txt', 'stopped', { pooling: 'first' })).toMatchObject({
    uniformity: report.after.uniformity,
  });
});
