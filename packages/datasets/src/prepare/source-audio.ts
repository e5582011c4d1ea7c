import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readAudio, wavFile } from '@mmolre/audio';
import { DataError, shownPath } from '@mmolre/files';
import { videoFault } from '../formats/video-fault';
import { readVideoSeconds } from '../formats/video-info';
import { type AudioRemark, hearRecording } from '../validate/audio-remark';
import { extractAudio } from './ffmpeg';

export const SAMPLE_RATE = 16_000;

export type PreparedAudio = { wav: Uint8Array; remark?: AudioRemark };

/** A recording as 16 kHz mono wav. @throws DataError naming it. */
export async function wavOfRecording(path: string, maxSeconds: number): Promise<PreparedAudio> {
  const { samples, sampleRate, remark } = await hearRecording(path, maxSeconds);
  const resampled =
    sampleRate === SAMPLE_RATE ? samples : await readAudio(path, { maxSeconds, sampleRate: SAMPLE_RATE });
  return { wav: wavFile(resampled, SAMPLE_RATE), ...(remark && { remark }) };
}

/**
 * The same of a video's sound. Beside `target` a file stands while it is taken out.
 *
 * @throws DataError naming the video, also where there is no ffmpeg.
 */
export async function wavOfVideo(
  path: string,
  target: string,
  ffmpeg: string | undefined,
  maxSeconds: number,
): Promise<PreparedAudio> {
  await readVideoSeconds(path, maxSeconds);
  if (!ffmpeg) throw videoFault(path, 'its sound is taken out by ffmpeg, which is not there');
  const extracted = `${target}.extracted`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await extractAudio(ffmpeg, path, extracted, maxSeconds);
    return await wavOfRecording(extracted, maxSeconds);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(
      error.message.replace(shownPath(extracted), () => shownPath(path)),
      { kind: error.kind },
    );
  } finally {
    await rm(extracted, { force: true });
  }
}
