import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { csvRecords } from '@mmolre/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runApp } from './__fixtures__/run-app';
import { writeTiny } from './__fixtures__/tiny-run';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-study-')));
  writeTiny(folder);
  writeFileSync(
    join(folder, 'study.yaml'),
    `
name: tiny
base: { preset: compact, data: data, config: tiny.yaml }
fields: { model.unitse.topK: [1, 3], training.learningRate: [0.002] }
metric: sentiment.mae
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const trainer = (...args: string[]) => runApp('trainer', folder, args);
const study = () => join(folder, 'studies/tiny');

test('a job of Slurm trains one trial, a pool the rest, and the results are a CSV and a page', () => {
  const slurm = trainer('study', 'slurm', 'study.yaml', '--runs', 'studies', '--at-once', '1');
  expect(slurm.status, slurm.stderr).toBe(0);
  expect(slurm.stdout).toContain('#SBATCH --array=1-2%1\n');
  const job = spawnSync('bash', ['-c', slurm.stdout], {
    encoding: 'utf8',
    env: { ...process.env, SLURM_ARRAY_TASK_ID: '2' },
  });
  expect(job.status, job.stderr).toBe(0);
  expect(job.stderr).toContain('model.unitse.topK 3, training.learningRate 0.002, seed 1: complete\n');

  const status = trainer('study', 'status', 'studies/tiny');
  expect(status.stdout).toMatch(/topK 1, .*seed 1 +waiting +0/);
  expect(status.stdout).toMatch(/topK 3, .*seed 1 +complete +2/);

  const pool = trainer('study', 'study.yaml', '--runs', 'studies', '--at-once', '2', '--json');
  expect(pool.status, pool.stderr).toBe(0);
  expect(pool.stderr).toMatch(/topK 1, .*seed 1: starts\n/);
  expect(pool.stderr).not.toMatch(/topK 3, .*seed 1: starts\n/);
  const rows = pool.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ state, seed, epochs }) => [state, seed, epochs])).toEqual([
    ['complete', 1, 2],
    ['complete', 1, 2],
  ]);

  const [head, ...lines] = [...csvRecords(readFileSync(join(study(), 'results.csv'), 'utf8'), () => {})];
  expect(head!.cells.slice(0, 6)).toEqual([
    'trial',
    'model.unitse.topK',
    'training.learningRate',
    'seed',
    'state',
    'epochs',
  ]);
  expect(lines).toHaveLength(2);
  expect(Number(lines[0]!.cells[head!.cells.indexOf('valid sentiment.mae')])).toBeCloseTo(rows[0].best, 6);
  const page = readFileSync(join(study(), 'report/index.html'), 'utf8');
  expect(page).toContain('aria-label="MAE"');
  expect(page).toContain('What differs from 1, 0.002');
});

test('what cannot be is refused in a line', () => {
  expect(trainer('study', 'none.yaml').lastLine).toBe(`trainer: ${join(folder, 'none.yaml')}: no such file`);
  expect(trainer('study', 'pause', 'data').lastLine).toBe(
    `trainer: ${join(folder, 'data/study.json')}: not found; expected the folder of a study`,
  );
  expect(trainer('study', 'trial', 'studies/tiny', '3').lastLine).toBe(
    `trainer: ${study()}: expected a trial of 1 to 2, found 3`,
  );
  expect(trainer('worker').stderr).toContain("required option '--redis <url>' not specified");
});
