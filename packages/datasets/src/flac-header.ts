import { type AudioHeader, HeaderError, view } from './audio-header';

/** Reads STREAMINFO. @throws HeaderError */
export function readFlacHeader(bytes: Uint8Array): AudioHeader {
  if (bytes.length < 42) throw new HeaderError('truncated: a flac file that ends within its header');
  const fields = view(bytes);
  // STREAMINFO: 20 bits of rate, 3 of channels, 5 of sample size, 36 of length.
  const sampleRate = fields.getUint32(18) >>> 12;
  const frames = (bytes[21]! & 0x0f) * 2 ** 32 + fields.getUint32(22);
  if (frames === 0)
    throw new HeaderError('a flac file that does not say how long it is; write it again with its length');
  return { format: 'flac', sampleRate, minFrames: frames, maxFrames: frames, encoded: [bytes] };
}
