import { shownPath } from '@mmolre/files';
import { inWorker } from './worker-jobs';

export type ReadAudioOptions = {
  /** Hz of the result, 16,000 if left out. */
  sampleRate?: number;
  /** A longer file is refused before it is decoded; 600 if left out. */
  maxSeconds?: number;
  /**
   * Only so much of the beginning, to the last bit as in the whole. Of wav no more is read; flac, mp3 and Ogg are read whole, but
   * decoded no further. What lies behind is not checked.
   */
  firstSeconds?: number;
  /** Decoding is given up after so long; 60 if left out. */
  deadlineSeconds?: number;
};

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
