import decode from 'audio-decode';
import { type AudioHeader, HeaderError } from './audio-header';
import { DataError, shownPath } from './data-error';
import { readDataFile } from './data-file';
import { readAudioHeader } from './read-audio-header';
import { resample } from './resample';

export type ReadAudioOptions = {
  /** Hz of the result, 16,000 if left out. */
  sampleRate?: number;
  /** A longer file is refused before it is decoded; 600 if left out. */
  maxSeconds?: number;
};

/** So much is read of a file at most, for each second that is allowed: 2 channels of 96 kHz in 32 bits. */
const MAX_BYTES_PER_SECOND = 768_000;
/** So many bytes are decoded at a time, so that a file that holds more than it says is left early. */
const CHUNK = 16_384;
const SAMPLE_RATES = [1_000, 384_000] as const;

/**
 * Reads a wav, flac, mp3, Ogg Vorbis or Opus file, told by its content: channels averaged, resampled, within [-1, 1].
 *
 * @returns [samples]
 * @throws DataError naming the file, if it is missing, no such audio, cut off, damaged, empty or too long.
 */
export async function readAudio(path: string, options: ReadAudioOptions = {}): Promise<Float32Array> {
  const { sampleRate = 16_000, maxSeconds = 600 } = options;
  const bytes = await readDataFile(path, maxSeconds * MAX_BYTES_PER_SECOND);
  try {
    const header = readAudioHeader(bytes);
    checkHeader(header, maxSeconds);
    const samples = resample(await decodeMono(bytes, header), header.sampleRate, sampleRate);
    return samples.map((value) => Math.max(-1, Math.min(1, value)));
  } catch (error) {
    if (error instanceof HeaderError) throw new DataError(`${shownPath(path)}: ${error.message}`, { cause: error });
    throw error;
  }
}

function checkHeader({ sampleRate, minFrames, maxFrames }: AudioHeader, maxSeconds: number): void {
  const [lowest, highest] = SAMPLE_RATES;
  if (sampleRate < lowest || sampleRate > highest) {
    throw new HeaderError(`expected a sample rate from ${lowest} to ${highest} Hz, found ${sampleRate}`);
  }
  if (maxFrames === 0) throw new HeaderError('no samples in it');
  const seconds = minFrames / sampleRate;
  if (seconds > maxSeconds) throw new HeaderError(`${seconds.toFixed(1)} seconds long, expected at most ${maxSeconds}`);
}

async function decodeMono(bytes: Uint8Array, header: AudioHeader): Promise<Float32Array> {
  const mono = new Float32Array(header.maxFrames);
  let length = 0;
  try {
    for await (const { channelData } of decode(chunks(header.encoded ?? [bytes]), header.format)) {
      const count = channelData[0]?.length ?? 0;
      if (length + count > mono.length) {
        throw new HeaderError(`damaged: more than the ${mono.length} samples that its header claims`);
      }
      for (const channel of channelData) {
        for (let i = 0; i < count; i++) mono[length + i]! += channel[i]! / channelData.length;
      }
      length += count;
    }
  } catch (error) {
    if (error instanceof HeaderError) throw error;
    const name = header.format === 'oga' ? 'ogg vorbis' : header.format;
    throw new HeaderError(`damaged: it cannot be decoded as ${name}`, { cause: error });
  }
  if (length < header.minFrames) {
    throw new HeaderError(`truncated or damaged: ${length} samples, where its header claims ${header.minFrames}`);
  }
  if (!mono.every(Number.isFinite)) throw new HeaderError('damaged: a sample that is not a finite number');
  return mono.subarray(0, length);
}

async function* chunks(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += CHUNK) yield part.subarray(at, at + CHUNK);
  }
}
