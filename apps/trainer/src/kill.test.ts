import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRng } from '@mmolre/nn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf, startTrainer, tinyArguments, writeTiny } from './__fixtures__/tiny-run';

// Real training processes are killed, at named points (`faultPoint` in the sources) and at random times, started again by the same command
// until they end, and held against a run that was never stopped. A few here; `pnpm test:kill` has 200 and more, and every point twice.

const KILLS = Number(process.env.MMOLRE_KILLS ?? 4);
const SEED = Number(process.env.MMOLRE_KILL_SEED ?? 1);
const rng = createRng(SEED);
const pick = <T>(items: readonly T[]): T => items[Math.floor(rng.uniform() * items.length)]!;

type Kill = { signal: NodeJS.Signals /** Sent twice. */; twice?: boolean } & (
  | { point: string; count: number }
  | { milliseconds: number }
);
const CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

let folder: string;
let straight: ReturnType<typeof resultOf>;
/** How often a run that is never stopped comes to each point, and how long it takes. */
const hits = new Map<string, number>();
let milliseconds: number;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-kill-')));
  writeTiny(folder);
  const log = join(folder, 'hits');
  const started = performance.now();
  const { code, stderr } = await startTrainer(folder, tinyArguments('straight'), { MMOLRE_FAULT_LOG: log }).ended;
  expect(code, stderr).toBe(0);
  milliseconds = performance.now() - started;
  straight = resultOf(run('straight'));
  for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
    const point = line.slice(line.indexOf(' ') + 1);
    hits.set(point, (hits.get(point) ?? 0) + 1);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (name: string) => join(folder, 'runs', `${name}-seed1`);

/** Every point that stands in the sources, but for those of several processes (`workers.test.ts`). */
function pointsInSources(): string[] {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const found = execFileSync(
    'git',
    [
      'grep',
      '-ohE',
      'faultPoint\\((\'[^\']+\'|"[^"]+")\\)',
      '--',
      'packages/*/src/*.ts',
      ':!packages/training/src/ranks',
    ],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  return [...new Set([...found.matchAll(/\(["'](.*)["']\)/g)].map(([, point]) => point!))].sort();
}

/** Kills that landed, by signal. */
const landed: Partial<Record<NodeJS.Signals, number>> = {};
const allLanded = () => Object.values(landed).reduce((sum, count) => sum + count, 0);

/** Starts the run and kills it. @returns Whether the kill landed: false if the run came to its end before. */
async function kill(name: string, how: Kill): Promise<boolean> {
  const fault = 'point' in how ? `${how.point}:${how.count}:${how.signal}` : undefined;
  const { child, ended } = startTrainer(folder, tinyArguments(name), fault ? { MMOLRE_FAULT: fault } : {});
  if ('milliseconds' in how) {
    await Promise.race([ended, sleep(how.milliseconds)]);
    child.kill(how.signal);
    if (how.twice) child.kill(how.signal);
  }
  const { code, signal, stderr } = await ended;
  if (code === 0) return false;
  // A signal that comes before the program listens for it ends it as the system does.
  if (how.signal === 'SIGKILL' || code === null) expect(signal, stderr).toBe(how.signal);
  else expect(code, stderr).toBe(CODES[how.signal]);
  expect(stderr).not.toMatch(/^\s+at /m);
  landed[how.signal] = (landed[how.signal] ?? 0) + 1;
  return true;
}

/** Starts the run again until it ends by itself, and holds it against the one that was never stopped. */
async function expectSameEnd(name: string): Promise<void> {
  const { code, stderr } = await startTrainer(folder, tinyArguments(name)).ended;
  expect(code, stderr).toBe(0);
  expect(resultOf(run(name))).toEqual(straight);
  rmSync(run(name), { recursive: true });
}

/** Two at a time, as most of a run is one thread. */
async function inLanes<T>(items: readonly T[], work: (item: T, i: number) => Promise<void>): Promise<void> {
  const waiting = [...items.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(next[1], next[0]);
  };
  await Promise.all([lane(), lane()]);
}

test('every point in the sources is come to', () => {
  expect([...hits.keys()].sort()).toEqual(pointsInSources());
});

test('killed at a named point, and started again, a run ends byte-equal to one never stopped', {
  timeout: 7_200_000,
}, async () => {
  const all = [...hits.keys()];
  const points =
    KILLS >= 2 * all.length ? [...all, ...all] : all.filter((_, i) => i % Math.ceil(all.length / (KILLS / 2)) === 0);
  const graceful = KILLS >= 2 * all.length ? all : [pick(all)];
  const kills: Kill[] = [
    ...points.map(
      (point): Kill => ({ point, count: 1 + Math.floor(rng.uniform() * hits.get(point)!), signal: 'SIGKILL' }),
    ),
    ...graceful.map((point): Kill => ({ point, count: 1, signal: pick(['SIGINT', 'SIGTERM', 'SIGHUP']) })),
  ];
  await inLanes(kills, async (how, i) => {
    // After a signal that is asked to end it, a run that has no step left ends as if it were not.
    const hasLanded = await kill(`point${i}`, how);
    if (how.signal === 'SIGKILL') expect(hasLanded, JSON.stringify(how)).toBe(true);
    await expectSameEnd(`point${i}`);
  });
});

test('killed at random times, again and again', { timeout: 7_200_000 }, async () => {
  let runs = 0;
  await inLanes([0, 1], async () => {
    while (allLanded() < KILLS) {
      const name = `random${runs++}`;
      for (let killed = true; killed && allLanded() < KILLS; ) {
        const signal = pick(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGINT', 'SIGTERM'] as const);
        const twice = signal === 'SIGINT' && rng.uniform() < 0.5;
        killed = await kill(name, { signal, twice, milliseconds: rng.uniform() * milliseconds });
      }
      await expectSameEnd(name);
    }
  });
  console.log(`kills that landed: ${JSON.stringify(landed)}`);
  expect(allLanded()).toBeGreaterThanOrEqual(KILLS);
  expect(existsSync(run('straight'))).toBe(true);
});
