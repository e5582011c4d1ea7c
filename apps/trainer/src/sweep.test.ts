import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPlan, readState, runFolder, type Trial } from '@mmolre/studies';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from './__fixtures__/redis';
import { checkpointsOf, resultOf, startTrainer, writeTiny } from './__fixtures__/tiny-run';

// A study over a real Redis: a worker is killed while it trains, and what its trial comes to is held against the same trial trained alone. In
// `pnpm test:sweep` there are twelve trials, each worker is killed, and Redis too, and every trial is held against itself alone.

const isLong = process.env.MMOLRE_SWEEP === 'long';
const WORKERS = isLong ? 3 : 2;
/** Workers that are killed, one after the other. */
const KILLS = isLong ? 3 : 1;
const STUDY = `
name: swept
base:
  preset: compact
  data: data
  config: tiny.yaml
  set: { training.maxEpochs: ${isLong ? 12 : 8} }
seeds: ${isLong ? '[1, 2]' : '[1]'}
fields:
  model.unitse.topK: [1, 2, 3]
  training.learningRate: ${isLong ? '[0.001, 0.003]' : '[0.001]'}
`;

let folder: string;
let study: string;
let redis: RedisServer | undefined;
const started: ReturnType<typeof startTrainer>[] = [];

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-sweep-')));
  study = join(folder, 'studies/swept');
  writeTiny(folder);
  writeFileSync(join(folder, 'study.yaml'), STUDY);
  if (hasRedis) redis = await startRedis(folder);
});
afterAll(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]) {
  const one = startTrainer(folder, [...args, '--redis', redis!.url, '--runs', 'studies']);
  started.push(one);
  return one;
}
const startWorker = () => start('worker', '--lost-after', '3');

/** The trial that a worker trains at this moment: it has a checkpoint, and steps are still to come. */
async function trainedBy(worker: number): Promise<Trial | undefined> {
  if (!existsSync(join(study, 'study.json'))) return undefined;
  for (const trial of (await readPlan(study)).trials) {
    const run = runFolder(study, trial);
    const { state, pid } = await readState(study, trial);
    const hasCheckpoint = existsSync(join(run, 'checkpoints')) && checkpointsOf(run).length > 0;
    const session = sessionsOf(run).at(-1);
    if (state === 'running' && pid === worker && hasCheckpoint && !session?.stopped && !hasFinished(run)) return trial;
  }
  return undefined;
}
type Session = { pid: number; fromStep: number; stopped?: string };
const sessionsOf = (run: string): Session[] =>
  existsSync(join(run, 'run.json')) ? JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')).sessions : [];
const hasFinished = (run: string) => existsSync(join(run, 'finished.json'));
const isThere = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** Kills a worker by SIGKILL while it trains. @returns What was killed: the trial, and the process that trained it. */
async function killWhileTraining(worker: ReturnType<typeof start>): Promise<{ trial: Trial; pid: number }> {
  for (;;) {
    const trial = await trainedBy(worker.child.pid!);
    if (trial) {
      const { pid } = sessionsOf(runFolder(study, trial)).at(-1)!;
      worker.child.kill('SIGKILL');
      await worker.ended;
      return { trial, pid };
    }
    await sleep(30);
  }
}

test('workers and Redis are killed, and each trial ends as it does alone, once', { timeout: 1_200_000 }, async ({
  skip,
}) => {
  skip(!hasRedis, NO_REDIS);
  const main = start('study', 'study.yaml', '--save-every', '4');
  const workers = Array.from({ length: WORKERS }, startWorker);
  const killed: { trial: Trial; pid: number }[] = [];
  for (let i = 0; i < KILLS; i++) {
    const one = await killWhileTraining(workers[i]!);
    killed.push(one);
    // What the worker had started ends with it.
    await expect.poll(() => isThere(one.pid), { timeout: 5000 }).toBe(false);
    expect(hasFinished(runFolder(study, one.trial))).toBe(false);
    if (isLong && i === 0) await redis!.restart(5);
    workers[i] = startWorker();
  }
  const { code, stderr } = await main.ended;
  expect(code, stderr).toBe(0);

  const { trials } = await readPlan(study);
  expect(trials).toHaveLength(isLong ? 12 : 3);
  const runs = readdirSync(join(study, 'runs')).filter((name) => name !== 'latest' && !name.startsWith('.'));
  expect(runs.sort()).toEqual(trials.map(({ id }) => id).sort());
  expect(readFileSync(join(study, 'results.csv'), 'utf8').trim().split('\n')).toHaveLength(trials.length + 1);
  // Each kill landed: the trial has a session that never ended, and the next one went on from a checkpoint.
  for (const { trial, pid } of killed) {
    const sessions = sessionsOf(runFolder(study, trial));
    const at = sessions.findIndex((one) => one.pid === pid);
    expect(sessions[at], trial.id).toBeDefined();
    expect(sessions[at]!.stopped).toBeUndefined();
    expect(sessions[at + 1]!.fromStep).toBeGreaterThan(0);
  }
  for (const trial of trials) {
    expect(await readState(study, trial)).toMatchObject({ state: 'complete' });
    const sessions = sessionsOf(runFolder(study, trial));
    expect(sessions.filter(({ stopped }) => stopped === 'finished')).toHaveLength(1);
  }
  const held = isLong ? trials : killed.map(({ trial }) => trial);
  const expectAsAlone = async (trial: Trial) => {
    const { code, stderr } = await startTrainer(folder, [...trial.args, '--runs', 'alone']).ended;
    expect(code, stderr).toBe(0);
    expect(resultOf(runFolder(study, trial)), trial.id).toEqual(resultOf(join(folder, 'alone', trial.id)));
  };
  const lanes = [0, 1, 2].map(async (lane) => {
    for (const trial of held.filter((_, i) => i % 3 === lane)) await expectAsAlone(trial);
  });
  await Promise.all(lanes);
  console.log(
    `${trials.length} trials, ${WORKERS} workers, killed while training: ${killed.map(({ trial }) => trial.id).join(', ')}${isLong ? '; Redis killed once' : ''}; ${held.length} held against the same alone`,
  );
});
