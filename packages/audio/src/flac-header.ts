import { type AudioHeader, HeaderError, view } from './audio-header';

export type FlacHeader = AudioHeader & {
  bits: number;
  /** Of the decoded samples, in hexadecimal; undefined if the encoder did not note it. */
  md5: string | undefined;
};

/** Bytes up to the end of STREAMINFO. */
export const FLAC_HEADER_BYTES = 42;

/** Reads STREAMINFO. @param bytes The file's first ones, from `fLaC` on. @throws HeaderError */
export function readFlacHeader(bytes: Uint8Array): FlacHeader {
  if (bytes.length < FLAC_HEADER_BYTES) throw new HeaderError('truncated: a flac file that ends within its header');
  const fields = view(bytes);
  // STREAMINFO: 20 bits of rate, 3 of channels - 1, 5 of sample size - 1, 36 of length, 128 of MD5.
  const sampleRate = fields.getUint32(18) >>> 12;
  const channels = ((bytes[20]! >> 1) & 7) + 1;
  const bits = (((bytes[20]! & 1) << 4) | (bytes[21]! >> 4)) + 1;
  const frames = (bytes[21]! & 0x0f) * 2 ** 32 + fields.getUint32(22);
  if (frames === 0)
    throw new HeaderError('a flac file that does not say how long it is; write it again with its length');
  const md5 = Buffer.from(bytes.subarray(26, 42)).toString('hex');
  return {
    format: 'flac',
    sampleRate,
    channels,
    minFrames: frames,
    maxFrames: frames,
    bits,
    md5: /^0*$/.test(md5) ? undefined : md5,
  };
}
