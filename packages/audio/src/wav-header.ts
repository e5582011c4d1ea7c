import { type AudioHeader, ascii, HeaderError, view } from './audio-header';
import type { ByteSource } from './byte-source';

const KINDS = new Map([
  [1, { name: 'PCM', bits: [8, 16, 24, 32] }],
  [3, { name: 'float', bits: [32, 64] }],
]);
const EXTENSIBLE = 0xfffe;
/** Chunks that are looked at before the samples: a file of empty ones would keep the reader busy. */
const MAX_CHUNKS = 1_000;

export type WavHeader = AudioHeader & {
  bits: number;
  float: boolean;
  /** Bytes of one sample of every channel. */
  block: number;
  /** Where the samples begin in the file. */
  start: number;
};

/** Finds the format and the samples of a wav file; reads no samples. @throws HeaderError */
export async function readWavHeader(source: ByteSource): Promise<WavHeader> {
  let format: Uint8Array | undefined;
  for (let at = 12, count = 0; at + 8 <= source.size; count++) {
    if (count === MAX_CHUNKS)
      throw new HeaderError(`damaged: no samples within the first ${MAX_CHUNKS} parts of the file`);
    const head = await source.read(at, 8);
    if (head.length < 8) break;
    const name = ascii(head, 0, 4);
    const size = view(head).getUint32(4, true);
    if (name === 'fmt ') format = await source.read(at + 8, Math.min(size, 40));
    if (name === 'data') {
      if (!format) throw new HeaderError('a wav file without a format before its data');
      return wavHeader(format, at + 8, sampleBytes(size, source.size - at - 8));
    }
    at += 8 + size + (size % 2);
  }
  throw new HeaderError('truncated: a wav file that ends before its samples');
}

function sampleBytes(claimed: number, there: number): number {
  // 0 and 2^32 - 1 are written by programs that do not know the length yet: the data goes on to the end of the file.
  if (claimed === 0xffffffff || claimed === 0) return there;
  if (there < claimed) {
    throw new HeaderError(`truncated: its header claims ${claimed} bytes of samples, ${there} are there`);
  }
  return claimed;
}

function wavHeader(format: Uint8Array, start: number, bytes: number): WavHeader {
  if (format.length < 16) throw new HeaderError(`a wav format of ${format.length} bytes, expected at least 16`);
  const fields = view(format);
  const extensible = fields.getUint16(0, true) === EXTENSIBLE && format.length >= 26;
  const tag = fields.getUint16(extensible ? 24 : 0, true);
  const channels = fields.getUint16(2, true);
  const sampleRate = fields.getUint32(4, true);
  const block = fields.getUint16(12, true);
  const bits = fields.getUint16(14, true);
  const known = KINDS.get(tag);
  if (!known?.bits.includes(bits)) {
    const found = known ? `${known.name} of ${bits} bits` : `format ${tag}`;
    throw new HeaderError(
      `a wav file of a kind that is not read: expected PCM of 8, 16, 24 or 32 bits or float, found ${found}`,
    );
  }
  if (channels === 0 || block !== (channels * bits) / 8) {
    throw new HeaderError(
      `a wav header that contradicts itself: ${channels} channels of ${bits} bits in ${block} bytes`,
    );
  }
  const frames = Math.floor(bytes / block);
  return {
    format: 'wav',
    sampleRate,
    channels,
    minFrames: frames,
    maxFrames: frames,
    bits,
    float: tag === 3,
    block,
    start,
  };
}
