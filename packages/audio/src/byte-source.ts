import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { DataError, LFS_ADVICE, LFS_POINTER, plainFile, reason, shownPath } from '@mmolre/files';

/** A file that is read by part. */
export type ByteSource = {
  /** Bytes. */
  size: number;
  /** The bytes from `at` on, `length` of them or up to the end. */
  read(at: number, length: number): Promise<Uint8Array>;
};

/**
 * Opens a file for the time that `use` takes.
 *
 * @throws DataError if it is missing, no regular file, empty, or a Git LFS pointer.
 */
export async function withByteSource<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const shown = shownPath(path);
  const refuse = (error: NodeJS.ErrnoException) => {
    throw new DataError(`${shown}: ${reason(error)}`);
  };
  // Looked at before it is opened, and opened without waiting, as opening a pipe waits for its writer.
  const info = await stat(path).catch(refuse);
  plainFile(path);
  if (info.size === 0) throw new DataError(`${shown}: the file is empty`);
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(refuse);
  try {
    const source: ByteSource = {
      size: info.size,
      read: (at, length) => readPart(handle, at, Math.min(length, info.size - at)),
    };
    const start = await source.read(0, LFS_POINTER.length).catch(refuse);
    if (Buffer.from(start).toString('latin1') === LFS_POINTER) {
      throw new DataError(`${shown}: ${LFS_ADVICE}`, { kind: 'lfs-pointer' });
    }
    return await use(source);
  } finally {
    await handle.close();
  }
}

async function readPart(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, length));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, at + filled);
    if (bytesRead === 0) break; // it became shorter since it was opened
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
