import { constants, open } from 'node:fs/promises';
import { DataError, reason, shownPath } from '@mmolre/files';

/** The first bytes of a file. @throws DataError if it cannot be read. */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  // Opening a pipe must not wait for its writer.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      throw new DataError(`${shownPath(path)}: ${reason(error)}`);
    },
  );
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
