import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHalf, toHalf } from './half';

// A file: 8 bytes 'MMOLREF1', the width and the bytes of a number (two uint32, little endian), 32 bytes of SHA-256 of the rest, the numbers.

const MAGIC = Buffer.from('MMOLREF1');
const HEADER = MAGIC.length + 8 + 32;

export type FrameCacheOptions = {
  /** Made if it is not there. Nothing in it is ever deleted: remove the folder when it is no longer wanted. */
  folder: string;
  /**
   * float32 gives back the computed bits; float16 takes half the space and rounds to 11 bits (values beyond 65,504 become infinite).
   * 6 s of audio at base size are 612 kB or 306 kB.
   */
  precision: 'float32' | 'float16';
  /** Told once if files cannot be written: the run goes on without. `console.warn` */
  warn?: (line: string) => void;
};

/** What a frozen model made of each clip, on disk. */
export type FrameCache = {
  /**
   * The frames of a clip: read, or computed and written. A damaged file is computed again. With float16, what is returned is
   * rounded the first time too, so that a run does not depend on what the folder held.
   *
   * @param model A text that changes whenever the model computes something else: a hash of its weights and settings.
   * @param clip What the frames follow from, beside the model.
   * @param width Numbers a frame.
   */
  frames(model: string, clip: Float32Array, width: number, compute: () => Float32Array): Float32Array;
  /** SHA-256 of the parts in hexadecimal. */
  hash(parts: Iterable<string | Uint8Array>): string;
};

/**
 * A folder of frames, one file a clip, named by a hash of the audio, the model and the precision: another clip, other weights or
 * another setting never read it. Files are written beside their place and renamed, so that a reader finds whole files only.
 */
export function frameCache(options: FrameCacheOptions): FrameCache {
  const { folder, precision, warn = console.warn } = options;
  const bytes = precision === 'float16' ? 2 : 4;
  let writing = true;

  function write(path: string, file: Buffer): void {
    const beside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
    try {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(beside, file);
      renameSync(beside, path);
    } catch (error) {
      tryToRemove(beside);
      writing = false;
      warn(`frame cache: cannot write in ${folder} (${(error as Error).message}); going on without it`);
    }
  }

  return {
    hash(parts) {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      return hash.digest('hex');
    },
    frames(model, clip, width, compute) {
      const key = createHash('sha256').update(`${model} ${precision} ${width} `).update(bytesOf(clip)).digest('hex');
      const path = join(folder, key.slice(0, 2), `${key}.frames`);
      const known = read(path, width, bytes);
      if (known) return known;
      const computed = compute();
      const payload = bytes === 2 ? bytesOf(toHalf(computed)) : bytesOf(computed);
      if (writing) write(path, pack(payload, width, bytes));
      return bytes === 2 ? fromHalf(toHalf(computed)) : computed;
    },
  };
}

function tryToRemove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {} // its folder is no folder: there is nothing to remove
}

function pack(payload: Buffer, width: number, bytes: number): Buffer {
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(width, 0);
  sizes.writeUInt32LE(bytes, 4);
  return Buffer.concat([MAGIC, sizes, sha256(payload), payload]);
}

/** The numbers of a file, or nothing if it is missing, of another form, or damaged. */
function read(path: string, width: number, bytes: number): Float32Array | undefined {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch {
    return undefined;
  }
  const payload = file.subarray(HEADER);
  const sound =
    file.length > HEADER &&
    file.subarray(0, MAGIC.length).equals(MAGIC) &&
    file.readUInt32LE(8) === width &&
    file.readUInt32LE(12) === bytes &&
    payload.length % (width * bytes) === 0 &&
    sha256(payload).equals(file.subarray(16, HEADER));
  if (!sound) return undefined;
  const aligned = new Uint8Array(payload).buffer;
  return bytes === 2 ? fromHalf(new Uint16Array(aligned)) : new Float32Array(aligned);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
const bytesOf = (values: Float32Array | Uint16Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);
