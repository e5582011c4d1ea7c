import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flush, notWritten } from './write-faults';

/**
 * Writes beside, flushes to the disk, then renames: a reader sees the old file or the whole new one, also where the disk is full or the
 * machine loses its power. Makes the folder if it is not there.
 *
 * @param content The whole, or its parts one at a time.
 * @throws One line that names the file and says why; nothing is left behind.
 */
export async function writeFileSafely(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const beside = besideName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, content, { flush: true });
    await rename(beside, path);
    await flush(dirname(path));
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {}); // its folder may be no folder
    throw notWritten(path, error);
  }
}

/** A name for work in progress beside a file, which no other process, thread or call uses. */
export const besideName = (path: string) => `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
