import { type AudioHeader, HeaderError } from './audio-header';
import { decodeFlac } from './decode-flac';
import { decodeMp3 } from './decode-mp3';
import { decodeOgg } from './decode-ogg';
import type { FlacHeader } from './flac-header';

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
  const wanted = Math.min(count, maxFrames);
  const mono = new Float32Array(wanted);
  let length = 0;
  try {
    for await (const channels of decoded(bytes, header, wanted)) {
      const frames = channels[0]?.length ?? 0;
      if (length + frames > maxFrames) {
        throw new HeaderError(`damaged: more than the ${maxFrames} samples that its header claims`);
      }
      const kept = Math.min(frames, wanted - length);
      for (const channel of channels) {
        for (let i = 0; i < kept; i++) mono[length + i]! += channel[i]! / channels.length;
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
  return mono.subarray(0, length);
}

type Parts = Iterable<readonly Float32Array[]> | AsyncIterable<readonly Float32Array[]>;

/** Part after part: the samples of each channel. */
function decoded(bytes: Uint8Array, header: AudioHeader, wanted: number): Parts {
  const { format } = header;
  if (format === 'wav') throw new TypeError('decodeCompressed: expected a compressed format, found wav');
  if (format === 'flac') return decodeFlac(bytes, header as FlacHeader, wanted);
  return format === 'mp3' ? decodeMp3(bytes) : decodeOgg(bytes, format, header);
}
