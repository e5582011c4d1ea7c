import { createHash } from 'node:crypto';
import { arrayCache, DataError, shownPath } from '@mmolre/files';
import { HeaderError } from './audio-header';
import { type ByteSource, withByteSource } from './byte-source';
import { openAudio } from './open-audio';
import type { ReadAudioOptions } from './read-audio-options';
import { inputLength, resample } from './resample';

type Options = Omit<ReadAudioOptions, 'deadlineSeconds'>;

/** Changes whenever the same file is decoded to other numbers, so that what was stored before is not used. */
const VERSION = 2;

/** What {@link readAudio} does, on the calling thread. */
export const readAudioFile = ({ path, options }: { path: string; options: Options }): Promise<Float32Array> =>
  withByteSource(path, (source) => readSource(source, shownPath(path), options));

/** What {@link decodeAudio} does, on the calling thread. */
export async function decodeAudioBytes({ bytes, options }: { bytes: Uint8Array; options: Options }) {
  if (bytes.length === 0) throw new DataError(`${BYTES}: there are no bytes`);
  const read = async (at: number, length: number) => bytes.subarray(at, at + length);
  return readSource({ size: bytes.length, read }, BYTES, options);
}

/** What messages call bytes that have no path. */
export const BYTES = 'audio';

async function readSource(source: ByteSource, subject: string, options: Options): Promise<Float32Array> {
  const { sampleRate = 16_000, maxSeconds = 600, firstSeconds } = options;
  try {
    const { header, decode } = await openAudio(source, maxSeconds);
    if (firstSeconds === undefined) return limited(resample(await decode(), header.sampleRate, sampleRate));
    const count = Math.max(1, Math.round(firstSeconds * sampleRate));
    const samples = await decode(inputLength(count, header.sampleRate, sampleRate));
    return limited(resample(samples, header.sampleRate, sampleRate).slice(0, count));
  } catch (error) {
    if (error instanceof HeaderError)
      throw new DataError(`${subject}: ${error.message}`, { kind: 'corrupt-audio', cause: error });
    throw error;
  }
}

export type AudioFiles = { paths: readonly string[]; options: Options; folder?: string | undefined };

/**
 * Reads several files, each with a key: a hash of its content and of the options. With a folder, what was decoded before is read there.
 *
 * @throws DataError for the first file that cannot be read.
 */
export async function readAudioFiles({ paths, options, folder }: AudioFiles) {
  const disk = folder === undefined ? undefined : arrayCache({ folder });
  const keys: string[] = [];
  const samples: Float32Array[] = [];
  for (const path of paths) {
    const key = await contentKey(path, options);
    const stored = key && disk?.get(key);
    const read = stored || (await readAudioFile({ path, options }));
    if (key && !stored) disk?.set(key, read);
    keys.push(key ?? '');
    samples.push(read);
  }
  return { keys, samples };
}

/** Undefined if the file cannot be read, of which the reader says why. */
async function contentKey(path: string, options: Options): Promise<string | undefined> {
  const { sampleRate = 16_000, maxSeconds = 600, firstSeconds = null } = options;
  const hash = createHash('sha256').update(JSON.stringify([VERSION, sampleRate, maxSeconds, firstSeconds]));
  try {
    await withByteSource(path, async ({ size, read }) => {
      const part = 1_048_576;
      for (let at = 0; at < size; at += part) hash.update(await read(at, part));
    });
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

/** Within [-1, 1], in place. */
function limited(samples: Float32Array): Float32Array {
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (!Number.isFinite(value)) throw new HeaderError('damaged: a sample that is not a finite number');
    if (value > 1) samples[i] = 1;
    else if (value < -1) samples[i] = -1;
  }
  return samples;
}
