import { shownPath } from '@mmolre/files';
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
  const { deadlineSeconds = 60, ...rest } = options;
  for (const [name, value] of Object.entries(options)) {
    if (!(value > 0)) throw new RangeError(`${name}: expected a number above 0, found ${value}`);
  }
  return inWorker('read-audio', { path, options: rest }, { seconds: deadlineSeconds, subject: shownPath(path) });
}
