import { open } from 'node:fs/promises';

/** What the system's words for a disk that takes no more mean. */
const DISK: Record<string, string> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: "the user's share of the disk is used up",
  EFBIG: 'larger than a file may be here',
  EROFS: 'the disk can only be read',
};

const OTHER: Record<string, string> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EMFILE: 'this program has too many files open',
  ENFILE: 'the system has too many files open',
  ENOENT: 'its folder is not there',
  ENOTDIR: 'something else stands where a folder should be',
  EEXIST: 'something else stands where a folder should be',
  EISDIR: 'a folder stands in its place',
  EIO: 'the disk reports an error',
};

/** One line for what could not be written: which, and why. */
export function notWritten(path: string, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = DISK[code] ?? OTHER[code] ?? message;
  return new Error(`${path}: could not be written: ${reason}`, { cause: error });
}

/** Whether it is the system's own word for a disk that takes no more. */
export const isDiskFault = (error: unknown): boolean =>
  Object.hasOwn(DISK, (error as NodeJS.ErrnoException).code ?? '');

/** Where a folder cannot be flushed (by its system, or over a network), or was moved meanwhile. */
const NOT_FLUSHED = ['EINVAL', 'ENOTSUP', 'ENOSYS', 'EPERM', 'EACCES', 'EISDIR', 'EBADF', 'ENOENT'];

/** Has the disk keep what a file holds, or which names a folder has: a renamed file, for one, has its old name after a crash otherwise. */
export async function flush(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  } catch (error) {
    if (!NOT_FLUSHED.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
