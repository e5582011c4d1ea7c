import { type FileHandle, open } from 'node:fs/promises';
import { plainFile } from '@mmolre/files';
import { parseSafetensorsHeader, type StoredTensor, safetensorsHeaderLength, toTensor } from '@mmolre/nn';
import type { TensorFile } from '../place';

/**
 * Opens a safetensors file and reads its header alone.
 *
 * @throws One line: not there, a git-lfs pointer, or what the header claims that the file does not hold.
 */
export async function openSafetensors(path: string): Promise<TensorFile> {
  const file = await open(plainFile(path)).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `${path}: not found` : `${path}: could not be read: ${error.message}`);
  });
  try {
    const { size } = await file.stat();
    const start = await readBytes(file, 0, Math.min(size, 8), path);
    if (new TextDecoder('latin1').decode(start) === 'version ') {
      throw new Error(`${path}: this is a git-lfs pointer, not the weights; run 'git lfs pull' in its folder`);
    }
    const headerLength = safetensorsHeaderLength(start, size, path);
    const dataStart = 8 + headerLength;
    const header = await readBytes(file, 8, headerLength, path);
    const { entries } = parseSafetensorsHeader(header, size - dataStart, path);
    return {
      name: path,
      entries,
      read: async (key) => {
        const entry = entries.get(key);
        if (!entry) throw new Error(`${path}: has no tensor '${key}'`);
        const { dtype, shape, from, to } = entry;
        const bytes = await readBytes(file, dataStart + from, to - from, path);
        return toTensor({ dtype, shape, bytes } satisfies StoredTensor);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A read of more than this is done in parts: the system refuses two gigabytes at once. */
const PART = 1 << 30;

async function readBytes(file: FileHandle, from: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, PART), from + done);
    if (bytesRead === 0) throw new Error(`${path}: ended at byte ${from + done} while it was read`);
    done += bytesRead;
  }
  return bytes;
}
