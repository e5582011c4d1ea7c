import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes beside, flushes to the disk, then renames: a reader sees the old file or the whole new one.
 *
 * @param parts What the file holds, one part at a time.
 * @throws One line that names the file; nothing is left behind.
 */
export async function writeSafely(
  path: string,
  parts: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const beside = besideName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(beside, 'w');
    try {
      for await (const part of parts()) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw new Error(`${path}: could not be written: ${(error as Error).message}`);
  }
}

let count = 0;

/** A name for work in progress beside a file, which no other process and no other call uses. */
export const besideName = (path: string) => `${path}.${process.pid}-${count++}.tmp`;
