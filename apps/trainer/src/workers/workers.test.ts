import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { localAddresses, nativeStatus } from '@mmolre/backend';
import { createRng, parseSafetensors, valuesOf } from '@mmolre/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Ended,
  logOf,
  resultOf,
  startTrainer,
  TINY_STEPS,
  tinyArguments,
  writeTiny,
} from '../__fixtures__/tiny-run';

// Real processes train one model over loopback, and are killed and stopped. A few of each here; `pnpm test:workers` has 20 of them, every
// point of the sources, four processes, and network namespaces with an address each.

const LONG = process.env.MMOLRE_WORKERS_LONG === '1';
const FAULTS = LONG ? 20 : 2;
const TIMEOUT = 8;
const rng = createRng(Number(process.env.MMOLRE_KILL_SEED ?? 1));

/** Everything that a part of a batch must have right: missing labels, weights by labels, dropout, blanked modalities, chosen experts,
 * clipping. */
const SETTINGS = [
  'training.microBatch=null',
  'training.maxGradNorm=0.5',
  'training.modalityDropout=0.2',
  'model.emotionClassWeights=balanced',
].flatMap((setting) => ['--set', setting]);
/** One thread, so that a process alone computes as each of several does. */
const ENV = { TF_NUM_INTRAOP_THREADS: '1' };

let folder: string;
let straight: ReturnType<typeof resultOf>;
/** Of a run of two that is never stopped. */
let milliseconds: number;
const run = (name: string) => join(folder, 'runs', `${name}-seed1`);

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-workers-')));
  writeTiny(folder);
  const table = join(folder, 'data/label.csv');
  const rows = readFileSync(table, 'utf8').trim().split('\n');
  const some = rows.map((row, i) => {
    if (i % 4 === 2) return row.replace(/",-?2,/, '",,');
    return i % 5 === 3 ? row.replace(/(train|valid|test),\d,\d,\d,\d,\d,\d/, '$1,,,,,,') : row;
  });
  writeFileSync(table, `${some.join('\n')}\n`);
  if (!nativeStatus().ok) return;
  const started = performance.now();
  const { code, stderr } = await startTrainer(
    folder,
    [...argumentsOf('straight'), '--workers', 'local:2', '--trust-network', '--timeout', '60'],
    ENV,
  ).ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('answer only to these');
  milliseconds = performance.now() - started;
  straight = resultOf(run('straight'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Started = ReturnType<typeof startTrainer>;
const argumentsOf = (name: string) => [...tinyArguments(name), ...SETTINGS];
const alone = (name: string) => startTrainer(folder, argumentsOf(name), ENV).ended;
const allEnded = (ranks: readonly Started[]): Promise<Ended[]> => Promise.all(ranks.map(({ ended }) => ended));

/** Starts each rank as on a machine of its own, with what is its alone. */
async function startRanks(
  name: string,
  size: number,
  own: (rank: number) => { args?: string[]; env?: NodeJS.ProcessEnv } = () => ({}),
): Promise<Started[]> {
  const addresses = await localAddresses(size);
  return addresses.map((_, rank) => {
    const { args = [], env = {} } = own(rank);
    const together = ['--workers', addresses.join(), '--rank', `${rank}`, '--timeout', `${TIMEOUT}`, '--trust-network'];
    return startTrainer(folder, [...argumentsOf(name), ...together, ...args], { ...ENV, ...env });
  });
}

function expectDone(ended: readonly Ended[]): void {
  for (const { code, stderr } of ended) expect(code, stderr).toBe(0);
}

/** Of the run's weights and losses, in one list. */
function numbersOf(name: string): { losses: number[]; weights: Float32Array[] } {
  const losses = logOf(run(name)).flatMap((line) => {
    const { loss, trainLoss, validLoss } = line as Record<string, number>;
    return [loss, trainLoss, validLoss].filter((value) => value !== undefined) as number[];
  });
  const file = join(run(name), 'best/model.safetensors');
  return {
    losses,
    weights: [...parseSafetensors(readFileSync(file), file).values()].map((one) => valuesOf(one) as Float32Array),
  };
}

describe.skipIf(!nativeStatus().ok)('several processes', () => {
  test.each(LONG ? [2, 3, 4] : [2, 3])('%i of them come to what one does in as many parts', async (size) => {
    const [together, one] = [size === 2 ? 'straight' : `together${size}`, `alone${size}`];
    if (size > 2) expectDone(await allEnded(await startRanks(together, size)));
    // The run is opened by all, and begun by one.
    const opened = await startRanks(one, size, (rank) =>
      rank === 0 ? { env: { MMOLRE_FAULT: 'the run is opened:1:SIGKILL' } } : {},
    );
    expect((await allEnded(opened)).map(({ code, signal }) => signal ?? code)).toEqual([
      'SIGKILL',
      ...new Array(size - 1).fill(1),
    ]);
    expectDone([await alone(one)]);
    if (size === 2) return expect(resultOf(run(one))).toEqual(straight);
    const [first, second] = [numbersOf(together), numbersOf(one)];
    expect(first.losses).toHaveLength(TINY_STEPS + 4);
    first.losses.forEach((loss, i) => {
      expect(Math.abs(loss - second.losses[i]!) / loss).toBeLessThan(1e-6);
    });
    const furthest = first.weights.reduce(
      (most, values, i) =>
        values.reduce((far, value, k) => Math.max(far, Math.abs(value - second.weights[i]![k]!)), most),
      0,
    );
    console.log(`${size} processes: weights differ by at most ${furthest}`);
    return expect(furthest).toBeLessThan(1e-6);
  });

  test('a rank with another setting is refused by name, before a step', async () => {
    const ranks = await startRanks('refused', 2, (rank) =>
      rank === 1 ? { args: ['--set', 'training.learningRate=0.01'] } : {},
    );
    for (const { code, lastLine } of await allEnded(ranks)) {
      expect(lastLine).toMatch(
        /^trainer: rank 1 \(.+\) is refused: training\.learningRate: [\d.e-]+ at rank 0, 0\.01 at rank 1; all ranks need the same$/,
      );
      expect(code).toBe(1);
    }
  });

  test('a run goes on with other numbers of processes; where it cannot end the same, that is said', async () => {
    const stopAfter2 = await startRanks('other', 2, (rank) =>
      rank === 1 ? { env: { MMOLRE_FAULT: 'ranks have done a step:2:SIGINT' } } : {},
    );
    const [, asked] = await allEnded(stopAfter2);
    expect(asked!.code, asked!.stderr).toBe(130);
    expect(logOf(run('other')).filter((line) => 'loss' in line)).toHaveLength(3); // the step in progress is done
    if (LONG) {
      execFileSync('cp', ['-r', run('other'), run('wider')]);
      const [first] = await allEnded(await startRanks('wider', 4));
      expect(first!.code, first!.stderr).toBe(0);
      expect(first!.stderr).toContain('4 processes, which cannot share 2 parts');
    }
    const { code, stderr } = await alone('other');
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('warning');
    expect(resultOf(run('other'))).toEqual(straight);
  });
});

type Fault = { rank: number; signal: 'SIGKILL' | 'SIGSTOP' } & (
  | { point: string; count: number }
  | { milliseconds: number }
);

/** Starts two ranks, does one of them harm, and sees all end in time. @returns Whether it landed: false if they were done before. */
async function harm(name: string, fault: Fault): Promise<boolean> {
  const ranks = await startRanks(name, 2, (rank) =>
    rank === fault.rank && 'point' in fault
      ? { env: { MMOLRE_FAULT: `${fault.point}:${fault.count}:${fault.signal}` } }
      : {},
  );
  const harmed = ranks[fault.rank]!;
  const isStopped = ({ pid }: ChildProcess) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if ('milliseconds' in fault) {
    await Promise.race([harmed.ended, sleep(fault.milliseconds)]);
    harmed.child.kill(fault.signal);
  } else if (fault.signal === 'SIGSTOP') {
    while (harmed.child.exitCode === null && !isStopped(harmed.child)) await sleep(20);
  }
  const since = performance.now();
  const other = await ranks[1 - fault.rank]!.ended;
  if (harmed.child.exitCode === null && fault.signal === 'SIGSTOP') {
    expect(performance.now() - since).toBeLessThan((TIMEOUT + 10) * 1000);
    harmed.child.kill('SIGCONT');
  }
  const { code, signal, stderr } = await harmed.ended;
  if (code === 0 && other.code === 0) return false;
  if (fault.signal === 'SIGKILL') expect(signal, stderr).toBe('SIGKILL');
  // The last word may have been said: then the other has all that it needs.
  if (other.code !== 0)
    expect(`${other.lastLine} (${other.signal ?? other.code})`).toMatch(
      /^(trainer: )?rank \d of 2: (another rank did not answer|the connection)/,
    );
  return true;
}

describe.skipIf(!nativeStatus().ok || process.platform !== 'linux')('one of two is killed or stopped', () => {
  async function expectSameEnd(name: string): Promise<void> {
    expectDone(await allEnded(await startRanks(name, 2)));
    expect(resultOf(run(name))).toEqual(straight);
    rmSync(run(name), { recursive: true });
  }

  test('at random times: all end, go on, and end byte-equal', { timeout: 3_600_000 }, async () => {
    let landed = 0;
    for (let i = 0; landed < FAULTS; i++) {
      const signal = i % 2 === 0 ? 'SIGKILL' : 'SIGSTOP';
      const fault: Fault = { rank: rng.uniform() < 0.5 ? 0 : 1, signal, milliseconds: rng.uniform() * milliseconds };
      if (await harm(`random${i}`, fault)) landed += 1;
      await expectSameEnd(`random${i}`);
    }
    console.log(`${landed} faults landed`);
  });

  test.runIf(LONG)('at each point of the sources', { timeout: 3_600_000 }, async () => {
    const root = fileURLToPath(new URL('../../../..', import.meta.url));
    const found = execFileSync(
      'git',
      ['grep', '-ohE', "faultPoint\\('[^']+'\\)", '--', 'packages/training/src/ranks/*.ts'],
      { cwd: root, encoding: 'utf8' },
    );
    const points = [...new Set([...found.matchAll(/'(.*)'/g)].map(([, point]) => point!))].sort();
    expect(points.length).toBeGreaterThan(4);
    for (const point of points)
      for (const [rank, signal] of [
        [0, 'SIGKILL'],
        [1, 'SIGKILL'],
        [1, 'SIGSTOP'],
      ] as const) {
        if (rank === 0 && point.startsWith('a rank that follows')) continue;
        expect(await harm('point', { rank, signal, point, count: 1 }), `${point} of rank ${rank}`).toBe(true);
        await expectSameEnd('point');
      }
  });
});

test.runIf(LONG)('in network namespaces with an address each', async () => {
  const ip = (...args: string[]) => execFileSync('ip', args);
  const names = [0, 1].map((rank) => `mmolre${process.pid}r${rank}`);
  const links = ['mmolrea', 'mmolreb'];
  try {
    for (const name of names) ip('netns', 'add', name);
    ip('link', 'add', links[0]!, 'netns', names[0]!, 'type', 'veth', 'peer', 'name', links[1]!, 'netns', names[1]!);
    names.forEach((name, rank) => {
      ip('-n', name, 'address', 'add', `10.77.0.${rank + 1}/24`, 'dev', links[rank]!);
      ip('-n', name, 'link', 'set', links[rank]!, 'up');
      ip('-n', name, 'link', 'set', 'lo', 'up');
    });
    const together = ['--workers', '10.77.0.1:7701,10.77.0.2:7701', '--timeout', `${TIMEOUT}`, '--trust-network'];
    const ranks = names.map((name, rank) =>
      startTrainer(folder, [...argumentsOf('apart'), ...together, '--rank', `${rank}`], ENV, [
        'ip',
        'netns',
        'exec',
        name,
      ]),
    );
    const ended = await allEnded(ranks);
    expectDone(ended);
    expect(ended[0]!.stderr).toContain('answer only to these');
    expect(resultOf(run('apart'))).toEqual(straight);
  } finally {
    for (const name of names) spawnSync('ip', ['netns', 'del', name]);
  }
});
