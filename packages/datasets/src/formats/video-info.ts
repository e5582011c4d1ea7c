import { type ByteSource, withByteSource } from '@mmolre/audio';
import { readAviHead } from './video-avi';
import { noSound, videoFault } from './video-fault';
import { readFlvHead } from './video-flv';
import { type ContainerKind, containerKind, KIND_BYTES, otherKind } from './video-kind';
import { readMatroskaHead } from './video-matroska';
import { readMp4Head } from './video-mp4';
import type { VideoHead } from './video-parts';
import { probeSound } from './video-probe';

/** Containers whose head is read here; of the others only what ffprobe or ffmpeg finds is known. */
const READERS: Partial<Record<ContainerKind, (source: ByteSource) => Promise<VideoHead>>> = {
  mp4: readMp4Head,
  matroska: readMatroskaHead,
  avi: readAviHead,
  flv: readFlvHead,
};

/** Sees that a file is of a kind that sound is taken out of, by its first bytes. @throws DataError naming the file and what it looks like. */
export const checkVideoKind = (path: string): Promise<void> =>
  withByteSource(path, async (source) => void (await kindOf(path, source)));

/**
 * Reads the head of a video, and nothing of what it shows: some kilobytes, whatever the file claims.
 *
 * @param ffprobe Asked too, if given: it knows more kinds.
 * @returns The length of its sound, in seconds; undefined where the video does not say it.
 * @throws DataError naming the file, if it is no video, empty, an LFS pointer, cut short, damaged, without sound (kind `no-audio-track`), or
 * longer than `maxSeconds`.
 */
export async function readVideoSeconds(
  path: string,
  maxSeconds: number,
  ffprobe?: string,
): Promise<number | undefined> {
  const head = await withByteSource(path, async (source) => READERS[await kindOf(path, source)]?.(source));
  if (head?.cutShort) throw videoFault(path, `cut short: ${head.cutShort}`);
  if (head && !head.hasSound) throw noSound(path);
  const seconds = (ffprobe && (await probeSound(ffprobe, path))) || head?.seconds;
  if (seconds && seconds > maxSeconds) {
    throw videoFault(path, `${seconds.toFixed(1)} seconds long, expected at most ${maxSeconds}`);
  }
  return seconds;
}

async function kindOf(path: string, source: ByteSource): Promise<ContainerKind> {
  const start = await source.read(0, KIND_BYTES);
  const kind = containerKind(start);
  if (kind) return kind;
  throw videoFault(path, `expected a video, or sound to convert, found ${otherKind(start)}`);
}
