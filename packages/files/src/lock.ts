import {
  constants,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { besideName } from './write-file-safely';

/** Who holds a lock, and since when (ISO 8601). */
export type LockHolder = { pid: number; host: string; start: string };

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
 * Runs `work` while this process holds the lock: a file that says who, touched every few seconds. A lock whose process has ended is
 * taken over, and so is one that was not touched for half a minute, as that of a machine that is gone.
 *
 * @param path The lock's file; its folder is made if it is not there. Removed at the end.
 * @throws What `onHeld` throws, which by itself is one line: which file, and by whom it is held; if what lies there is no file to be read.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { onHeld = (holder) => refuse(path, holder) } = options;
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    start: new Date().toISOString(),
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
  const beat = setInterval(() => {
    try {
      if (isMine()) utimesSync(path, new Date(), new Date());
    } catch {} // removed in this moment, or on a disk that fails: the work itself will say so
  }, BEAT_SECONDS * 1000);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (isMine()) rmSync(path, { force: true });
  }
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
    const text = readFileSync(path, 'utf8');
    return { text, holder: holderOf(text), touched };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`${path}: expected a lock's file, which cannot be read (${message}); remove what is there`);
  }
}

function holderOf(text: string): LockHolder | undefined {
  try {
    const { pid, host, start } = JSON.parse(text) as LockHolder;
    const sound = Number.isInteger(pid) && pid > 0 && typeof host === 'string' && typeof start === 'string';
    return sound ? { pid, host, start } : undefined;
  } catch {
    return undefined;
  }
}

async function isAbandoned(path: string, { holder, touched }: Found): Promise<boolean> {
  if (holder?.host === hostname() && !isAlive(holder.pid)) return true;
  if (Date.now() - touched < STALE_SECONDS * 1000) return false;
  // This machine may have slept, or another's clock be wrong: then the holder touches it now.
  await sleep(2 * BEAT_SECONDS * 1000);
  return look(path)?.touched === touched;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
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
