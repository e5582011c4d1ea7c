import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { performTrial } from './perform-trial';
import type { StudyPlan, Trial } from './plan';
import { performStudy } from './pool';
import type { Pruner } from './study-file';
import { giveOrder, readState, requeue, runFolder, writePlan, writeState } from './study-folder';

const trainer = fileURLToPath(new URL('__fixtures__/trainer.mjs', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-trials-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const trialOf = (what: string, i = 0): Trial => ({
  id: `t${i}-seed1`,
  setting: { do: what },
  seed: 1,
  args: ['--name', `t${i}`, '--seed', '1', '--set', `do=${what}`],
});
function planOf(whats: readonly string[], pruner: Pruner = 'none'): StudyPlan {
  const trials = whats.map(trialOf);
  return { format: 1, name: 'study', fields: ['do'], metric: 'loss', pruner, userFolder: folder, trials };
}
const options = (signal = new AbortController().signal) => ({ trainer, signal, log: () => {} });
const perform = (plan: StudyPlan, i = 0, signal?: AbortSignal) =>
  performTrial(folder, plan, plan.trials[i]!, options(signal));
const starts = (trial: Pick<Trial, 'id'>) => {
  const file = join(runFolder(folder, trial), 'starts');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
};

test('a trial that is complete is not trained again', async () => {
  const plan = planOf(['go']);
  expect(await perform(plan)).toEqual({ state: 'complete', deaths: 0 });
  expect(await perform(plan)).toMatchObject({ state: 'complete' });
  expect(starts(plan.trials[0]!)).toHaveLength(1);
});

test('one that fails says its last line, and stays so until it is requeued', async () => {
  const plan = planOf(['fail']);
  await writePlan(folder, plan);
  const failed = { state: 'failed', deaths: 0, reason: 'trainer: it has diverged' };
  expect(await perform(plan)).toEqual(failed);
  await perform(plan);
  expect(starts(plan.trials[0]!)).toHaveLength(1);
  expect(await requeue(folder)).toBe(1);
  expect(await readState(folder, plan.trials[0]!)).toMatchObject({ state: 'waiting' });
  await perform(plan);
  expect(starts(plan.trials[0]!)).toHaveLength(2);
});

test('one that ends whoever trains it is given up after five times, but not while it gets on', async () => {
  const plan = planOf(['die', 'get-on-and-die']);
  expect(await perform(plan)).toMatchObject({
    state: 'failed',
    reason: 'poison: whoever trained it died 5 times in a row',
  });
  expect(starts(plan.trials[0]!)).toHaveLength(5);
  expect(await perform(plan, 1)).toMatchObject({ state: 'complete' });
  expect(starts(plan.trials[1]!)).toHaveLength(9);
});

test('what a worker that has died left as running counts as a death', async () => {
  const plan = planOf(['die']);
  await writeState(folder, plan.trials[0]!, { state: 'running', deaths: 3 });
  expect(await perform(plan)).toMatchObject({ state: 'failed', deaths: 5 });
  expect(starts(plan.trials[0]!)).toHaveLength(1);
});

test('a trial that is worse than the median of the complete ones is ended early', async () => {
  const plan = planOf(['go 1', 'slow 2', 'slow 0.5'], { median: { startupTrials: 1, warmupEpochs: 2 } });
  await perform(plan, 0);
  expect(await perform(plan, 1)).toEqual({ state: 'pruned', deaths: 0, reason: 'after epoch 2' });
  expect(await perform(plan, 2)).toMatchObject({ state: 'complete' });
});

test('pause stops a trial where it is and resume lets it go on, in a pool too; cancel ends the pool', async () => {
  const plan = planOf(['slow 1', 'go']);
  const pool = performStudy(folder, plan, { ...options(), atOnce: 1 });
  await expect.poll(() => starts(plan.trials[0]!).length, { timeout: 10_000 }).toBe(1);
  await giveOrder(folder, 'pause');
  const state = async () => (await readState(folder, plan.trials[0]!)).state;
  await expect.poll(state, { timeout: 10_000 }).toBe('waiting');
  await sleep(1500);
  expect(starts(plan.trials[1]!)).toEqual([]);
  await giveOrder(folder, 'run');
  expect(await pool).toBe(true);
  expect(starts(plan.trials[0]!)).toHaveLength(2);

  const other = planOf(['wait', 'go']);
  rmSync(runFolder(folder, other.trials[0]!), { recursive: true });
  for (const trial of other.trials) await writeState(folder, trial, { state: 'waiting', deaths: 0 });
  const cancelled = performStudy(folder, other, { ...options(), atOnce: 1 });
  await expect.poll(() => starts(other.trials[0]!).length, { timeout: 10_000 }).toBe(1);
  await giveOrder(folder, 'cancel');
  expect(await cancelled).toBe(false);
  expect(starts(other.trials[1]!)).toHaveLength(1); // the one before
});

test('the signal stops it, and it waits', async () => {
  const stop = new AbortController();
  const plan = planOf(['wait']);
  const state = perform(plan, 0, stop.signal);
  await expect.poll(() => starts(plan.trials[0]!).length, { timeout: 10_000 }).toBe(1);
  stop.abort();
  expect(await state).toEqual({ state: 'waiting', deaths: 0 });
});

test('two who take the same trial train it once', async () => {
  const plan = planOf(['slow']);
  const states = await Promise.all([perform(plan), perform(plan)]);
  expect(states.map(({ state }) => state)).toEqual(['complete', 'complete']);
  expect(starts(plan.trials[0]!)).toHaveLength(1);
});

test.runIf(process.platform === 'linux')(
  'a trainer that hears nothing ends with the worker that is killed',
  async () => {
    const plan = planOf(['hang']);
    const script = `
    const { performTrial } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    const plan = ${JSON.stringify(plan)};
    const options = { trainer: ${JSON.stringify(trainer)}, signal: new AbortController().signal, log: () => {} };
    await performTrial(${JSON.stringify(folder)}, plan, plan.trials[0], options);
  `;
    const worker = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await expect.poll(() => starts(plan.trials[0]!).length, { timeout: 20_000 }).toBe(1);
    const [pid] = starts(plan.trials[0]!);
    const isThere = () => existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    await sleep(500);
    expect(isThere()).toBe(true);
    worker.kill('SIGKILL');
    await expect.poll(isThere, { timeout: 10_000 }).toBe(false);
  },
);
