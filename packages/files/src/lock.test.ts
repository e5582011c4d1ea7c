import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LockHolder, withLock } from './lock';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-lock-'));
  path = join(folder, 'below', 'a.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const wait = { onHeld: () => {} };
const holder = (change: Partial<LockHolder> = {}): string =>
  JSON.stringify({ pid: process.pid, host: hostname(), start: '2026-01-02T03:04:05.678Z', ...change });
/** Leaves a lock behind that was last touched so long ago. */
async function leave(text: string, secondsAgo = 0): Promise<void> {
  mkdirSync(join(folder, 'below'), { recursive: true });
  writeFileSync(path, text);
  const time = new Date(Date.now() - secondsAgo * 1000);
  utimesSync(path, time, time);
}
const endedPid = () => Number(spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).stdout);

test('says who holds it while the work runs, gives its result, and is gone afterwards, also after an error', async () => {
  const before = Date.now();
  const result = await withLock(path, async () => {
    const { pid, host, start } = JSON.parse(readFileSync(path, 'utf8'));
    expect({ pid, host }).toEqual({ pid: process.pid, host: hostname() });
    expect(Date.parse(start) - before).toBeLessThan(60_000);
    return 7;
  });
  expect(result).toBe(7);
  expect(existsSync(path)).toBe(false);
  const failing = async () => {
    throw new Error('no');
  };
  await expect(withLock(path, failing)).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

test('a held lock is refused with its holder, and left alone', async () => {
  await leave(holder());
  const who = `process ${process.pid} on ${hostname()} since 2026-01-02T03:04:05.678Z`;
  await expect(withLock(path, async () => {})).rejects.toThrow(`${path}: held by ${who}; wait until it has ended`);
  const own = (found: LockHolder | undefined) => {
    throw new Error(`busy: ${found?.pid}`);
  };
  await expect(withLock(path, async () => {}, { onHeld: own })).rejects.toThrow(`busy: ${process.pid}`);
  expect(readFileSync(path, 'utf8')).toBe(holder());
  await leave('{"pid":');
  await expect(withLock(path, async () => {})).rejects.toThrow(`${path}: held by another process`);
});

test('those who wait go one after the other, and are told once', async () => {
  let [running, most, told] = [0, 0, 0];
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await sleep(300);
    running -= 1;
  };
  const onHeld = () => {
    told += 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, work, { onHeld })));
  expect([most, told]).toEqual([1, 2]);
});

test('the lock of a process that has ended is taken over at once', async () => {
  await leave(holder({ pid: endedPid() }));
  expect(await withLock(path, async () => 'mine')).toBe('mine');
});

test('several who find it abandoned do not run at once', async () => {
  await leave(holder({ pid: endedPid() }));
  let [running, most] = [0, 0];
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await sleep(20);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(path, work, wait)));
  expect(most).toBe(1);
});

test('a lock that is no longer touched is taken over, one that was touched a moment ago is not', async () => {
  const elsewhere = holder({ host: 'elsewhere', pid: 1 });
  await leave(elsewhere, 20);
  await expect(withLock(path, async () => {})).rejects.toThrow('held by process 1 on elsewhere');
  await leave(elsewhere, 40);
  expect(await withLock(path, async () => 'mine')).toBe('mine');
});

test('a holder that touches it again after a long sleep keeps it', async () => {
  await leave(holder(), 3_600);
  const refused = expect(withLock(path, async () => {})).rejects.toThrow('held by process');
  await sleep(1_000);
  utimesSync(path, new Date(), new Date());
  await refused;
});

test('whoever lost it leaves the next holder’s lock alone', async () => {
  await withLock(path, async () => writeFileSync(path, holder({ pid: 1, host: 'elsewhere' })));
  expect(readFileSync(path, 'utf8')).toContain('elsewhere');
});

test('what cannot be a lock is told at once, by its path', async () => {
  mkdirSync(path, { recursive: true });
  await expect(withLock(path, async () => {}, wait)).rejects.toThrow(
    `${path}: expected a lock's file, which cannot be`,
  );
});

test('a lock that is removed while the work runs costs the work nothing', async () => {
  const work = async () => {
    rmSync(join(folder, 'below'), { recursive: true });
    writeFileSync(join(folder, 'below'), '');
    await sleep(3_500); // past a beat
    return 'done';
  };
  expect(await withLock(path, work)).toBe('done');
});

// Real processes, which hold the lock by what is built.

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const blockFor = (seconds: number) =>
  `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${seconds * 1000});`;
const sleepForever = 'await new Promise((done) => setTimeout(done, 1e9));';
/** A program that takes the lock, says so, and does that. */
const holding = (work: string, before = '') => `
  ${before}
  const { withLock } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
  await withLock(${JSON.stringify(path)}, async () => { console.log('held'); ${work} });
`;
async function start(program: string, command = process.execPath, args = ['--input-type=module', '-e', program]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}
const held = () => JSON.parse(readFileSync(path, 'utf8')) as LockHolder;
const longAgo = () => utimesSync(path, new Date(0), new Date(0));
const takeIt = () => withLock(path, async () => 'mine');

test('a holder whose main thread is busy is seen to be there, from another machine too', async () => {
  const elsewhere = `
    import os from 'node:os';
    import { syncBuiltinESMExports } from 'node:module';
    os.hostname = () => 'elsewhere';
    syncBuiltinESMExports();
  `;
  const child = await start(holding(blockFor(60), elsewhere));
  for (let beat = 0; beat < 2; beat++) {
    longAgo();
    await expect(takeIt()).rejects.toThrow(`held by process ${child.pid} on elsewhere`);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(20_000);
  }
  child.kill('SIGKILL');
  longAgo();
  expect(await takeIt()).toBe('mine');
});

test('the beat keeps no process alive, and ends with its lock', async () => {
  const child = await start(holding(''));
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(existsSync(path)).toBe(false);
  const waiting = await start(holding('await new Promise(() => {});'));
  expect(await once(waiting, 'exit')).toEqual([13, null]); // Node's for a promise that nothing can settle
});

describe.runIf(process.platform === 'linux')('where processes can be told apart', () => {
  test('a stopped holder keeps its lock, however long, until it is killed', async () => {
    const child = await start(holding(sleepForever));
    child.kill('SIGSTOP');
    longAgo();
    await expect(takeIt()).rejects.toThrow(`held by process ${child.pid}`);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    expect(await takeIt()).toBe('mine');
  });

  test('a number that is another process’s by now is no holder', async () => {
    const child = await start(holding(sleepForever));
    const { birth } = held();
    const other = await start("console.log('there'); setTimeout(() => {}, 1e9);");
    await leave(holder({ pid: other.pid!, birth: birth! }));
    expect(await takeIt()).toBe('mine');
    await leave(holder({ pid: child.pid!, birth: birth! }));
    await expect(takeIt()).rejects.toThrow(`held by process ${child.pid}`);
  });

  test('a holder that was killed and that its parent has not noticed is no holder', async () => {
    // A shell that becomes a program which waits for no child.
    const shell = '"$0" --input-type=module -e "$1" & exec sleep 1000';
    await start('', 'sh', ['-c', shell, process.execPath, holding(sleepForever)]);
    process.kill(held().pid, 'SIGKILL');
    await sleep(500);
    expect(() => process.kill(held().pid, 0)).not.toThrow();
    expect(await takeIt()).toBe('mine');
  });

  test('of a process in another number space the beat alone tells', async () => {
    await leave(holder({ pid: endedPid(), birth: 'pid:[1] 7' }));
    await expect(takeIt()).rejects.toThrow('held by process');
    await leave(holder({ birth: 'pid:[1] 7' }), 40);
    expect(await takeIt()).toBe('mine');
  });
});
