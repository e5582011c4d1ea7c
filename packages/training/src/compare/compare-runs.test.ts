import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Example, evaluate, type Prediction } from '@mmolre/model';
import { createRng, mixSeed } from '@mmolre/nn';
import { compareReport, toTerminal } from '@mmolre/report';
import { afterAll, expect, test } from 'vitest';
import { predictionsCsv } from '../predictions-csv';
import { runFile } from '../run-layout';
import { newSession, type RunRecord, writeRecord } from '../run-record';
import { compareRuns } from './compare-runs';

const root = mkdtempSync(join(tmpdir(), 'mmolre-compare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const half = new Array<number>(6).fill(0.5);
const noise = (...of: number[]) => createRng(mixSeed(...(of as [number]))).normal();
const examples = (rows: number): Example[] =>
  Array.from({ length: rows }, (_, i) => {
    const sentiment = Number((1.5 * noise(1, i)).toFixed(1));
    return {
      id: `u${i}`,
      text: 'said',
      sentiment,
      emotions: [sentiment > 0 ? 1 : 0, 0, sentiment > 0 ? 0 : 1, 0, 0, 0],
    };
  });

/** A tested run whose answers are wrong by so much. */
async function runOf(
  name: string,
  {
    seed,
    error,
    rows = 200,
    tasks = ['sentiment', 'emotion'],
  }: { seed: number; error: number; rows?: number; tasks?: string[] },
): Promise<string> {
  const run = join(root, name);
  mkdirSync(run);
  const code = { commit: 'abc', packages: { node: '20.0.0' } };
  const record: RunRecord = {
    format: 1,
    seed,
    dataFolder: join(root, 'gone'),
    identity: {
      config: { seed, error },
      data: `rows-${rows}`,
      encoders: {},
      backend: { name: 'native', version: '2', device: 'CPU', threads: 1 },
    },
    sessions: [newSession(0, { command: [], machine: 'a machine', code })],
  };
  const all = examples(rows);
  const said = all.map(({ id, sentiment }, i): Prediction => {
    const value = sentiment! + error * noise(2, seed, i);
    const p = 1 / (1 + Math.exp(-value));
    return {
      id,
      ...(tasks.includes('sentiment') && { sentiment: value }),
      ...(tasks.includes('emotion') && { emotions: [p, 0, 1 - p, 0, 0, 0] }),
    };
  });
  const thresholds = tasks.includes('emotion') ? half : undefined;
  const valid = evaluate(all, said, thresholds);
  await writeRecord(run, record);
  writeFileSync(runFile(run, 'predictions'), predictionsCsv(all, said, thresholds));
  writeFileSync(runFile(run, 'test'), JSON.stringify({ split: 'test', ...valid }));
  const finished = { steps: 9, bestEpoch: 1, stopped: 'finished', seconds: 3, parameters: 5 };
  writeFileSync(runFile(run, 'finished'), JSON.stringify(finished));
  const epoch = { event: 'epoch', epoch: 1, step: 9, trainLoss: 2, validLoss: 1, best: true, valid };
  writeFileSync(runFile(run, 'log'), `${JSON.stringify(epoch)}\n`);
  return run;
}

const said: string[] = [];
const options = { draws: 1_000, addressOf: (path: string) => path, log: (line: string) => said.push(line) };

test('seeds are one model; what is really better is said to be, what is not is not, and other rows are marked', async () => {
  const runs = [
    await runOf('good-seed1', { seed: 1, error: 0.5 }),
    await runOf('good-seed2', { seed: 2, error: 0.5 }),
    await runOf('bad-seed1', { seed: 3, error: 3 }),
    await runOf('alike-seed1', { seed: 4, error: 0.5001 }),
    await runOf('mute-seed1', { seed: 5, error: 1.5, tasks: ['sentiment'] }),
    await runOf('other-seed1', { seed: 6, error: 0.5, rows: 100 }),
  ];
  const facts = await compareRuns({ runs, ...options });
  expect(facts.models.map(({ name, runs: own, isComparable }) => [name, own, isComparable])).toEqual([
    ['good', [0, 1], true],
    ['bad', [2], true],
    ['alike', [3], true],
    ['mute', [4], true],
    ['other', [5], false],
  ]);
  const verdicts = facts.differences.map(({ model, metric, difference, p }) => [
    model,
    metric,
    p < 0.05 && Math.sign(difference),
  ]);
  expect(verdicts).toEqual([
    ...[
      ['bad', 'recall', -1],
      ['alike', 'recall', false],
    ],
    ...[
      ['bad', 'correlation', -1],
      ['alike', 'correlation', false],
      ['mute', 'correlation', -1],
    ],
    ...[
      ['bad', 'error', -1],
      ['alike', 'error', false],
      ['mute', 'error', -1],
    ],
  ]);
  for (const { p, pBootstrap, pPermutation, interval, difference } of facts.differences) {
    expect(p).toBeGreaterThanOrEqual(Math.max(pBootstrap, pPermutation));
    expect(difference).toBeGreaterThan(interval.low);
    expect(difference).toBeLessThan(interval.high);
  }
  expect(said).toEqual([expect.stringContaining('each row counts as a recording of its own')]);
  const text = toTerminal(compareReport(facts));
  expect(text).toMatch(/^good +2 +\d\.\d{3} ± \d\.\d{3}/m);
  expect(text).toMatch(/^other\* +1 /m);
  expect(text).toMatch(/^bad +error +-\d\.\d{3} .* worse$/m);
  expect(text).toContain('no single checkpoint has');
});

test('the first is what others are held against: turned round, the better is better', async () => {
  const { differences } = await compareRuns({ runs: [join(root, 'bad-seed1'), join(root, 'good-seed1')], ...options });
  for (const { difference, p } of differences) expect([difference > 0, p < 0.05]).toEqual([true, true]);
});

test.each([
  [['good-seed1'], 'expected two runs or more, found 1'],
  [['good-seed1', 'good-seed1'], 'expected two runs or more, found 1'],
  [['good-seed1', 'nowhere'], 'nowhere: expected a run that is trained and tested, found none'],
])('%s are refused in a line', async (names, message) => {
  await expect(compareRuns({ runs: names.map((name) => join(root, name)), ...options })).rejects.toThrow(message);
});
