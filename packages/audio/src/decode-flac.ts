import { createHash } from 'node:crypto';
import { HeaderError } from './audio-header';
import { flacFrames } from './flac-frames';
import type { FlacHeader } from './flac-header';
import { flacSamples } from './flac-samples';

/**
 * Decodes a flac file frame by frame, up to the one with the last of the wanted samples; if all are wanted, they are compared with the MD5
 * that the encoder noted.
 *
 * @throws HeaderError if it is cut off or damaged.
 */
export function* decodeFlac(file: Uint8Array, header: FlacHeader, wanted: number): Generator<Float32Array[]> {
  const { bits, md5, maxFrames } = header;
  const hash = md5 && wanted >= maxFrames ? createHash('md5') : undefined;
  let left = 0; // counted before anything is decoded
  for (const _ of flacFrames(file, header, wanted)) left++;
  for (const frame of flacFrames(file, header, wanted)) {
    const channels = flacSamples(frame, header);
    hash?.update(asBytes(channels, bits));
    left--;
    if (left === 0 && hash && hash.digest('hex') !== md5)
      throw new HeaderError('damaged: its samples are not those that were encoded, as its MD5 shows');
    yield channels.map((samples) => scaled(samples, 2 ** (1 - bits)));
  }
}

/** As libsndfile and torchaudio do it: -1 is reached, 1 is not. */
function scaled(samples: Float64Array, scale: number): Float32Array {
  const result = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) result[i] = samples[i]! * scale;
  return result;
}

/** As flac's MD5 counts them: signed integers, little endian, the channels' samples taking turns. */
function asBytes(channels: readonly Float64Array[], bits: number): Buffer {
  const width = Math.ceil(bits / 8);
  const frames = channels[0]!.length;
  const limit = 2 ** (8 * width - 1);
  const bytes = Buffer.alloc(frames * channels.length * width);
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (const channel of channels) {
      const sample = channel[i]!;
      if (sample < -limit || sample >= limit) throw new HeaderError('damaged: a flac frame with samples out of range');
      bytes.writeIntLE(sample, at, width);
      at += width;
    }
  }
  return bytes;
}
