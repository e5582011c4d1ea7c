import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Numbers by a key that says all they follow from. */
export type FeatureCache = {
  get(key: string): Float32Array | undefined;
  /** @returns What is kept under the key: `values`, or what was there before. */
  set(key: string, values: Float32Array): Float32Array;
  /** Of all that is kept. */
  readonly bytes: number;
};

/** In memory, at most `maxBytes`: what was not asked for the longest time goes first, and what alone is larger is not kept. */
export function createFeatureCache(maxBytes: number): FeatureCache {
  const kept = new Map<string, Float32Array>(); // in the order of their last use
  let bytes = 0;
  const get = (key: string) => {
    const values = kept.get(key);
    if (values) {
      kept.delete(key);
      kept.set(key, values);
    }
    return values;
  };
  return {
    get,
    set(key, values) {
      const known = get(key);
      if (known) return known;
      if (values.byteLength > maxBytes) return values;
      kept.set(key, values);
      bytes += values.byteLength;
      for (const [oldest, { byteLength }] of kept) {
        if (bytes <= maxBytes) break;
        kept.delete(oldest);
        bytes -= byteLength;
      }
      return values;
    },
    get bytes() {
      return bytes;
    },
  };
}

const DIGEST_BYTES = 32;
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const fileOf = (folder: string, key: string) => join(folder, key.slice(0, 2), `${key}.f32`);

/** What {@link storeFeatures} wrote under the key, a SHA-256 in hexadecimal; undefined if there is nothing or it is damaged. */
export async function storedFeatures(folder: string, key: string): Promise<Float32Array | undefined> {
  const file = await readFile(fileOf(folder, key)).catch(() => undefined);
  if (!file || file.length % 4 !== 0 || file.length < DIGEST_BYTES) return undefined;
  const payload = new Uint8Array(file.subarray(DIGEST_BYTES)); // copied, as floats must begin at a multiple of 4
  return digest(payload).equals(file.subarray(0, DIGEST_BYTES)) ? new Float32Array(payload.buffer) : undefined;
}

/** Writes beside the place and renames, so that a reader finds whole files only. A disk that is full is no error: it is computed again. */
export async function storeFeatures(folder: string, key: string, values: Float32Array): Promise<void> {
  const path = fileOf(folder, key);
  const beside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  const payload = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, Buffer.concat([digest(payload), payload]));
    await rename(beside, path);
  } catch {
    await rm(beside, { force: true }).catch(() => {});
  }
}
