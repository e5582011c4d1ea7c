import { createHash, type Hash } from 'node:crypto';
import decode from 'audio-decode';
import { type AudioHeader, HeaderError } from './audio-header';
import { flacParts } from './flac-frames';
import type { FlacHeader } from './flac-header';

/** The names that the decoder has for the formats. */
const DECODERS = { flac: 'flac', mp3: 'mp3', 'ogg vorbis': 'oga', opus: 'opus' } as const;
/** So many bytes are decoded at a time: what comes out of one part is in memory before it can be counted. */
const PART = 2_048;

/**
 * Decodes the first `count` samples of a file, or all; channels averaged. Of all, the number is checked against the header, and those of
 * flac against their MD5.
 *
 * @returns [samples]
 * @throws HeaderError if it is cut off, damaged, or holds more than its header claims.
 */
export async function decodeCompressed(
  bytes: Uint8Array,
  header: AudioHeader,
  count = Number.POSITIVE_INFINITY,
): Promise<Float32Array> {
  const { format, minFrames, maxFrames } = header;
  if (format === 'wav') throw new TypeError('decodeCompressed: expected a compressed format, found wav');
  const flac = format === 'flac' ? (header as FlacHeader) : undefined;
  const md5 = flac?.md5 && flac.bits <= 24 && count >= minFrames ? createHash('md5') : undefined;
  const wanted = Math.min(count, maxFrames);
  const parts = flac ? flacParts(bytes, flac, wanted) : equalParts(bytes);
  const mono = new Float32Array(wanted);
  let length = 0;
  try {
    for await (const { channelData } of decode(each(parts), DECODERS[format])) {
      if (flac) for (const channel of channelData) asReference(channel, flac.bits);
      if (md5) addSamples(md5, channelData, flac!.bits);
      const frames = channelData[0]?.length ?? 0;
      if (length + frames > maxFrames) {
        throw new HeaderError(`damaged: more than the ${maxFrames} samples that its header claims`);
      }
      const kept = Math.min(frames, wanted - length);
      for (const channel of channelData) {
        for (let i = 0; i < kept; i++) mono[length + i]! += channel[i]! / channelData.length;
      }
      length += kept;
      if (length >= count) break;
    }
  } catch (error) {
    if (error instanceof HeaderError) throw error;
    throw new HeaderError(`damaged: it cannot be decoded as ${format}`, { cause: error });
  }
  if (length < Math.min(count, minFrames)) {
    throw new HeaderError(`truncated or damaged: ${length} samples, where its header claims ${minFrames}`);
  }
  if (md5 && md5.digest('hex') !== flac!.md5) {
    throw new HeaderError('damaged: its samples are not those that were encoded, as its MD5 shows');
  }
  return mono.subarray(0, length);
}

/** The decoder divides by 2^(bits - 1) - 1, libsndfile and torchaudio by 2^(bits - 1). Up to 24 bits the integer is found again. */
function asReference(samples: Float32Array, bits: number): void {
  const scale = 2 ** (bits - 1);
  for (let i = 0; i < samples.length; i++) samples[i] = Math.round(samples[i]! * (scale - 1)) / scale;
}

/** As flac's MD5 counts them: signed integers, little endian, the channels' samples taking turns. */
function addSamples(md5: Hash, channels: readonly Float32Array[], bits: number): void {
  const scale = 2 ** (bits - 1);
  const width = Math.ceil(bits / 8);
  const frames = channels[0]?.length ?? 0;
  const bytes = Buffer.alloc(frames * channels.length * width);
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (const channel of channels) {
      bytes.writeIntLE(Math.round(channel[i]! * scale), at, width);
      at += width;
    }
  }
  md5.update(bytes);
}

function* equalParts(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PART) yield bytes.subarray(at, at + PART);
}

async function* each<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}
