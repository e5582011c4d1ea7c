import { constants, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { plainFile } from './plain-file';
import { hasEnded, ownBirth } from './process-birth';
import { besideName } from './write-file-safely';

/** Who holds a lock, and since when (ISO 8601). */
export type LockHolder = {
  pid: number;
  host: string;
  start: string;
  /** What tells the process from a later one of its number; left out where the system does not say (`process-birth.ts`). */
  birth?: string;
};

export type LockOptions = {
  /**
   * Called once where another process holds the lock: to refuse it throws, to wait it returns. Left out, it refuses.
   *
   * @param holder undefined where the lock's file does not say.
   */
  onHeld?: (holder: LockHolder | undefined) => void;
};

/** A lock's file as it was found. */
type Found = { text: string; holder: LockHolder | undefined; touched: number };

const BEAT_SECONDS = 3;
const STALE_SECONDS = 30;
const POLL_SECONDS = 0.25;

/**
 * Runs `work` while this process holds the lock: a file that says who, touched every few seconds by a thread of its own, so that work may
 * keep the main one busy for as long as it likes.
 *
 * A lock whose process has ended is taken over at once, also if another process has its number by now. Where that can be told, on Linux
 * between processes that see each other, nothing else is: one that was stopped or sleeps keeps its lock, since two writers are worse than
 * waiting. Elsewhere (another machine or container, another system) a lock is taken over that was not touched for half a minute.
 *
 * @param path The lock's file; its folder is made if it is not there. Removed at the end.
 * @throws What `onHeld` throws, which by itself is one line: which file, and by whom it is held; if what lies there is no file to be read.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { onHeld = (holder) => refuse(path, holder) } = options;
  const birth = ownBirth();
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    start: new Date().toISOString(),
    ...(birth && { birth }),
  } satisfies LockHolder);
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; !take(path, mine); ) {
    const found = look(path);
    if (!found) {
      await sleep(POLL_SECONDS * 1000); // given back meanwhile
      continue;
    }
    if (await isAbandoned(path, found)) {
      takeAway(path, found);
      continue;
    }
    if (!told) onHeld(found.holder);
    told = true;
    await sleep(POLL_SECONDS * 1000);
  }
  const isMine = () => {
    try {
      return look(path)?.text === mine;
    } catch {
      return false;
    }
  };
  let beat: Worker | undefined;
  try {
    beat = startBeat(path, mine);
    return await work();
  } finally {
    await beat?.terminate();
    if (isMine()) rmSync(path, { force: true });
  }
}

/** What the thread does that touches the lock. Inline, as it runs from source, from a build and from a bundle alike. */
const BEAT = `
  const { readFileSync, utimesSync } = require('node:fs');
  const { path, mine, seconds } = require('node:worker_threads').workerData;
  setInterval(() => {
    try {
      if (readFileSync(path, 'utf8') === mine) utimesSync(path, new Date(), new Date());
    } catch {} // removed in this moment, or on a disk that fails: the work itself will say so
  }, seconds * 1000);
`;

function startBeat(path: string, mine: string): Worker {
  const workerData = { path: resolve(path), mine, seconds: BEAT_SECONDS };
  const beat = new Worker(BEAT, { eval: true, execArgv: [], workerData });
  beat.on('error', () => {}); // no memory for a thread: the work goes on, and its process is still there to be seen
  beat.unref();
  return beat;
}

function refuse(path: string, holder: LockHolder | undefined): never {
  const who = holder ? `process ${holder.pid} on ${holder.host} since ${holder.start}` : 'another process';
  throw new Error(`${path}: held by ${who}; wait until it has ended`);
}

function take(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** undefined if the lock is free. */
function look(path: string): Found | undefined {
  try {
    const touched = statSync(path).mtimeMs;
    const text = readFileSync(plainFile(path), 'utf8');
    return { text, holder: holderOf(text), touched };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`${path}: expected a lock's file, which cannot be read (${message}); remove what is there`);
  }
}

function holderOf(text: string): LockHolder | undefined {
  try {
    const { pid, host, start, birth } = JSON.parse(text) as LockHolder;
    const sound = Number.isInteger(pid) && pid > 0 && typeof host === 'string' && typeof start === 'string';
    return sound ? { pid, host, start, ...(typeof birth === 'string' && { birth }) } : undefined;
  } catch {
    return undefined;
  }
}

async function isAbandoned(path: string, { holder, touched }: Found): Promise<boolean> {
  const ended = holder?.host === hostname() ? hasEnded(holder.pid, holder.birth) : undefined;
  if (ended !== undefined) return ended;
  if (Date.now() - touched < STALE_SECONDS * 1000) return false;
  // This machine may have slept, or another's clock be wrong: then the holder touches it now.
  await sleep(2 * BEAT_SECONDS * 1000);
  return look(path)?.touched === touched;
}

/** Removes an abandoned lock, and no other that was taken since it was found. */
function takeAway(path: string, { text }: Found): void {
  if (look(path)?.text !== text) return;
  const aside = besideName(path);
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== text) copyFileSync(aside, path, constants.COPYFILE_EXCL);
  } catch {} // another process was faster
  rmSync(aside, { force: true });
}
