import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { plainFile } from './plain-file';

/** The SHA-256 of these parts, one after the other, as lower-case hex. */
export function sha256Of(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** A file's SHA-256 as lower-case hex; the file may be larger than memory. @throws If it is not there, or no file. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(plainFile(path), { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
