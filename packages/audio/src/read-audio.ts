import { shownPath } from '@mmolre/files';
import { BYTES } from './read-audio-file';
import type { ReadAudioOptions } from './read-audio-options';
import { inWorker } from './worker-jobs';

export type { ReadAudioOptions };

/**
 * Reads a wav, flac, mp3, Ogg Vorbis or Opus file, told by its content: channels averaged, resampled, within [-1, 1]. In a worker thread.
 *
 * Memory: the samples at the file's rate and the result, both of one channel, and the compressed file.
 *
 * @returns [samples]
 * @throws DataError naming the file, if it is missing, no such audio, cut off, damaged, empty, too long, or not decoded in time;
 * RangeError if an option is no number above 0.
 */
export async function readAudio(path: string, options: ReadAudioOptions = {}): Promise<Float32Array> {
  const { seconds, rest } = checked(options);
  return inWorker('read-audio', { path, options: rest }, { seconds, subject: shownPath(path) });
}

/**
 * The same of a file that is in memory, such as one that a server was sent.
 *
 * @returns [samples]
 * @throws As {@link readAudio}, where the message begins with `audio`.
 */
export async function decodeAudio(bytes: Uint8Array, options: ReadAudioOptions = {}): Promise<Float32Array> {
  const { seconds, rest } = checked(options);
  return inWorker('decode-audio', { bytes, options: rest }, { seconds, subject: BYTES });
}

function checked(options: ReadAudioOptions) {
  for (const [name, value] of Object.entries(options)) {
    if (!(value > 0)) throw new RangeError(`${name}: expected a number above 0, found ${value}`);
  }
  const { deadlineSeconds: seconds = 60, ...rest } = options;
  return { seconds, rest };
}
