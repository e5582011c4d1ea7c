import { readFile, stat } from 'node:fs/promises';
import { DataError, shownPath } from './data-error';
import { kindOf } from './plain-file';

export const LFS_POINTER = 'version https://git-lfs';
export const LFS_ADVICE = 'a Git LFS pointer, not the file itself; run "git lfs pull" where it came from';

/** The bytes of one file of a data set. @throws DataError if it is missing, no regular file, empty, larger than `maxBytes`, or an LFS pointer. */
export async function readDataFile(path: string, maxBytes: number, shown = shownPath(path)): Promise<Uint8Array> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw new DataError(`${shown}: ${reason(found)}`);
  if (!found.isFile()) throw new DataError(`${shown}: expected a file, found ${kindOf(found)}`);
  if (found.size === 0) throw new DataError(`${shown}: the file is empty`);
  if (found.size > maxBytes) {
    throw new DataError(`${shown}: ${megabytes(found.size)}, expected at most ${megabytes(maxBytes)}`);
  }
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`${shown}: ${reason(error)}`);
  });
  if (bytes.toString('latin1', 0, LFS_POINTER.length) === LFS_POINTER) {
    throw new DataError(`${shown}: ${LFS_ADVICE}`, { kind: 'lfs-pointer' });
  }
  // No Buffer, as its slice() gives a view where a decoder expects a copy.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Why the system gave no file, in plain words. */
export function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  return `cannot be read (${code ?? message})`;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
