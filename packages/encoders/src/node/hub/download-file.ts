import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Hub, HubFailure, Interruption } from './ask-hub';
import { fileBytes, leastBytes } from './file-bytes';

/** What a finished file must be. The hub names large files by their SHA-256, the others by git's SHA-1 of a blob. */
export type ExpectedFile = { path: string; size: number; sha256?: string; gitSha1?: string };

/** Attempts in a row that bring next to nothing before a download is given up. */
const FRUITLESS_ATTEMPTS = 3;

/** Downloads of this process that are under way, by target. */
const running = new Map<string, Promise<void>>();

/**
 * Downloads a file beside its place and moves it there once its size and hash are right. A broken connection is taken up where it
 * broke, by this call and, after it has given up, by the next one.
 *
 * @param url Where the hub has the file.
 * @param target Where the file belongs. What has come so far is in `target.PID.incomplete`, so that two processes do not mix theirs.
 * @param onProgress Called with the bytes that are there.
 * @throws `HubFailure`: the hub refuses, the connection broke again and again (what came is kept), or the file is not the expected one
 *   (it is removed).
 */
export async function downloadFile(
  hub: Hub,
  url: string,
  target: string,
  expected: ExpectedFile,
  onProgress: (done: number) => void,
): Promise<void> {
  const other = running.get(target);
  if (other) return other;
  const download = fetchWhole(hub, url, target, expected, onProgress).finally(() => running.delete(target));
  running.set(target, download);
  return download;
}

async function fetchWhole(
  hub: Hub,
  url: string,
  target: string,
  expected: ExpectedFile,
  onProgress: (done: number) => void,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const incomplete = `${target}.${process.pid}.incomplete`;
  await takeOver(target, incomplete);
  const { place, endpoint, patience } = hub;
  const { size } = expected;
  if ((await sizeOf(incomplete)) > size) await rm(incomplete);
  for (let fruitless = 0; ; ) {
    const before = await sizeOf(incomplete);
    let problem = 'ended too early';
    try {
      await append(incomplete, before, size, (from) => fileBytes(hub, url, from), onProgress);
    } catch (error) {
      if (error instanceof HubFailure) throw error;
      if (!(error instanceof Interruption)) {
        throw new Error(`${incomplete}: could not be written (${(error as Error).message}); what came is kept`);
      }
      problem = error.message;
    }
    const now = await sizeOf(incomplete);
    if (now >= size) break;
    fruitless = now - before < leastBytes(patience) ? fruitless + 1 : 0;
    if (fruitless === FRUITLESS_ATTEMPTS) {
      throw new HubFailure(
        `${place}: the download stopped at ${now} of ${size} bytes: ${endpoint} ${problem}`,
        'what came is kept: run it again to go on',
      );
    }
    if (fruitless > 0) await pause(patience.pauseSeconds * 1000 * 2 ** (fruitless - 1));
  }
  const fault = await fileFault(incomplete, expected);
  if (fault) {
    await rm(incomplete, { force: true });
    throw new HubFailure(
      `${place}: not the file that ${endpoint} lists, so it is refused and removed: ${fault}`,
      'run it again',
    );
  }
  await rename(incomplete, target);
}

/** Makes what a process left that has ended (or Python's library, under its name) this one's, the longest first. */
async function takeOver(target: string, ours: string): Promise<void> {
  const start = `${basename(target)}.`;
  const names = (await readdir(dirname(target))).filter(
    (name) => name.startsWith(start) && name.endsWith('incomplete'),
  );
  const left = await Promise.all(
    names
      .filter((name) => !isRunning(Number(name.slice(start.length).split('.')[0])))
      .map(async (name) => {
        const path = join(dirname(target), name);
        return { path, size: await sizeOf(path) };
      }),
  );
  const [longest] = left.sort((a, b) => b.size - a.size);
  if (longest && longest.size > (await sizeOf(ours))) await rename(longest.path, ours).catch(() => {}); // another took it
}

/** Whether a process other than this one runs under that id. */
function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function append(
  path: string,
  from: number,
  size: number,
  bytesFrom: (from: number) => AsyncIterable<Uint8Array>,
  onProgress: (done: number) => void,
): Promise<void> {
  const file = await open(path, 'a');
  try {
    if (from === size) return;
    let done = from;
    for await (const chunk of bytesFrom(from)) {
      await file.writeFile(chunk);
      done += chunk.byteLength;
      if (done > size) return; // more than was listed: the check will refuse it
      onProgress(done);
    }
  } finally {
    await file.close();
  }
}

/** What is wrong with a file, in a few words, or undefined if it is the expected one. */
async function fileFault(path: string, { size, sha256, gitSha1 }: ExpectedFile): Promise<string | undefined> {
  const found = await sizeOf(path);
  if (found !== size) return `it has ${found} bytes, not ${size}`;
  if (!sha256 && !gitSha1) return 'the hub gives no hash for it';
  const hash = createHash(sha256 ? 'sha256' : 'sha1');
  if (!sha256) hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  const digest = hash.digest('hex');
  const wanted = sha256 ?? gitSha1;
  return digest === wanted ? undefined : `its ${sha256 ? 'SHA-256' : 'git SHA-1'} should be ${wanted} but is ${digest}`;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
