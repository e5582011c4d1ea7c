import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// A file: 'MMOLREV1', D and the number of rows (two uint32, little endian), 32 bytes of SHA-256 of the rest, the rows' keys (32 bytes each),
// the rows (D float32 each).

const MAGIC = Buffer.from('MMOLREV1');
const HEADER = MAGIC.length + 8 + 32;
const KEY_BYTES = 32;
const ENDING = '.vectors';

/** The vectors that one model made of texts, on disk. */
export type VectorCache = {
  /** The vectors of those texts that are known, by text. */
  read(texts: Iterable<string>): Map<string, Float32Array>;
  /** Keeps more of them. */
  write(vectors: ReadonlyMap<string, Float32Array>): void;
};

export type VectorCacheOptions = {
  /** Made if it is not there. Nothing in it is ever deleted: remove the folder when it is no longer wanted. */
  folder: string;
  /** Told once if files cannot be written: the work goes on without. `console.warn` */
  warn?: (line: string) => void;
};

/**
 * A folder of vectors, below it one folder a model. Each `write` is one file, written beside its place and renamed, so that a program that
 * is stopped, or two at once, leave whole files only. A damaged file counts as not there.
 *
 * @param model A text that changes whenever the model computes something else: a hash of its weights and settings.
 * @param dimension D
 */
export function vectorCache(model: string, dimension: number, options: VectorCacheOptions): VectorCache {
  const { warn = console.warn } = options;
  const folder = join(options.folder, sha256(model).toString('hex').slice(0, 32));
  let writing = true;
  return {
    read(texts) {
      const wanted = new Map([...texts].map((text) => [sha256(text).toString('latin1'), text]));
      const found = new Map<string, Float32Array>();
      for (const name of filesOf(folder)) {
        for (const [key, vector] of rowsOf(join(folder, name), dimension)) {
          const text = wanted.get(key);
          if (text !== undefined && !found.has(text)) found.set(text, vector());
        }
      }
      return found;
    },
    write(vectors) {
      if (!writing || vectors.size === 0) return;
      const name = `${Date.now()}-${randomBytes(4).toString('hex')}`;
      const beside = join(folder, `${name}.part`);
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(beside, pack(vectors, dimension));
        renameSync(beside, join(folder, `${name}${ENDING}`));
      } catch (error) {
        writing = false;
        warn(`vector cache: cannot write in ${options.folder} (${(error as Error).message}); going on without it`);
        try {
          rmSync(beside, { force: true });
        } catch {} // its folder is no folder: there is nothing to remove
      }
    },
  };
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ENDING))
      .sort();
  } catch {
    return [];
  }
}

function pack(vectors: ReadonlyMap<string, Float32Array>, dimension: number): Buffer {
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(dimension, 0);
  sizes.writeUInt32LE(vectors.size, 4);
  const rows = [...vectors.values()].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  const payload = Buffer.concat([...[...vectors.keys()].map(sha256), ...rows]);
  return Buffer.concat([MAGIC, sizes, sha256(payload), payload]);
}

/** The rows of a file by their keys; none if it is damaged or of another form. */
function* rowsOf(path: string, dimension: number): Generator<[key: string, vector: () => Float32Array]> {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch {
    return;
  }
  if (file.length < HEADER || !file.subarray(0, MAGIC.length).equals(MAGIC)) return;
  const count = file.readUInt32LE(12);
  const payload = file.subarray(HEADER);
  if (file.readUInt32LE(8) !== dimension || payload.length !== count * (KEY_BYTES + 4 * dimension)) return;
  if (!sha256(payload).equals(file.subarray(16, HEADER))) return;
  for (let row = 0; row < count; row++) {
    const key = payload.toString('latin1', row * KEY_BYTES, (row + 1) * KEY_BYTES);
    const start = count * KEY_BYTES + row * 4 * dimension;
    yield [key, () => new Float32Array(new Uint8Array(payload.subarray(start, start + 4 * dimension)).buffer)];
  }
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest();
