import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readAudio, wavFile } from '@mmolre/audio';
import { DataError, shownPath } from '@mmolre/files';
import type { Sample } from '../sample';
import { extractAudio } from './ffmpeg';

export const SAMPLE_RATE = 16_000;

/**
 * A recording, or a video's sound, as 16 kHz mono wav. Beside `target` a file stands while a video's sound is extracted.
 *
 * @throws DataError naming the source, also where it is a video and there is no ffmpeg.
 */
export async function toWav(
  path: string,
  target: string,
  sample: Sample,
  ffmpeg: string | undefined,
  maxSeconds: number,
): Promise<Uint8Array> {
  if (path === sample.recording)
    return wavFile(await readAudio(path, { maxSeconds, sampleRate: SAMPLE_RATE }), SAMPLE_RATE);
  if (!ffmpeg) throw new DataError(`${shownPath(path)}: a video, and ffmpeg is not there to extract its audio`);
  const extracted = `${target}.extracted`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await extractAudio(ffmpeg, path, extracted, maxSeconds);
    const samples = await readAudio(extracted, { maxSeconds, sampleRate: SAMPLE_RATE }).catch((error: Error) => {
      throw error instanceof DataError ? new DataError(error.message.replace(extracted, () => shownPath(path))) : error;
    });
    return wavFile(samples, SAMPLE_RATE);
  } finally {
    await rm(extracted, { force: true });
  }
}
