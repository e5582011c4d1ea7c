import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheRoot } from './cache-folder';

const beatSeconds = 3;
const staleSeconds = 30;

/** Whether nobody holds the lock any more: its process has ended, or it has not been touched for half a minute. */
function isStale(file: string): boolean {
  try {
    const { host, pid } = JSON.parse(readFileSync(file, 'utf8')) as { host: string; pid: number };
    if (host === hostname()) process.kill(pid, 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return true;
  }
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > staleSeconds * 1000;
}

/**
 * Runs `work` while no other install of this user runs. The lock saves doing the same work twice; that two installs
 * cannot harm each other rests on finished folders being renamed into place.
 */
export async function withInstallLock<T>(log: (line: string) => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(cacheRoot(), { recursive: true });
  const file = join(cacheRoot(), 'install.lock');
  let told = false;
  while (!take(file)) {
    if (isStale(file)) {
      const aside = `${file}.${process.pid}`;
      try {
        renameSync(file, aside);
      } catch {} // another process took it away first
      rmSync(aside, { force: true });
      continue;
    }
    if (!told) log('waiting for another install of the native backend');
    told = true;
    await sleep(250);
  }
  const beat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {} // someone removed the cache; the work itself will say so
  }, beatSeconds * 1000);
  beat.unref();
  try {
    for (const name of readdirSync(cacheRoot()))
      if (name.startsWith('tmp-')) rmSync(join(cacheRoot(), name), { recursive: true, force: true });
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    writeFileSync(descriptor, JSON.stringify({ host: hostname(), pid: process.pid }));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
