import { DataError, shownPath } from '@mmolre/files';
import { type AudioHeader, HeaderError } from './audio-header';
import { withByteSource } from './byte-source';
import { openAudio } from './open-audio';

/** What an audio file says of itself. */
export type AudioInfo = {
  format: AudioHeader['format'];
  /** Hz, as decoded: 48,000 for Opus. */
  sampleRate: number;
  channels: number;
  /** Of mp3 at least so many: up to three frames (0.08 s at 44,100 Hz) more or less are known only once it is decoded. */
  seconds: number;
};

/**
 * Reads an audio file's header and decodes nothing. A wav, mp3 or Ogg file that is cut off is found, and a damaged Ogg file; of flac
 * only {@link readAudio} finds that.
 *
 * @throws DataError naming the file, as {@link readAudio} does.
 */
export async function readAudioInfo(path: string, { maxSeconds = 600 } = {}): Promise<AudioInfo> {
  try {
    return await withByteSource(path, async (source) => {
      const { format, sampleRate, channels, minFrames } = (await openAudio(source, maxSeconds)).header;
      return { format, sampleRate, channels, seconds: minFrames / sampleRate };
    });
  } catch (error) {
    if (error instanceof HeaderError)
      throw new DataError(`${shownPath(path)}: ${error.message}`, { kind: 'corrupt-audio', cause: error });
    throw error;
  }
}
