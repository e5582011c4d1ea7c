import { HeaderError, view } from './audio-header';
import { MS_COEFFICIENTS } from './ms-adpcm';

/** How the samples of a wav file are written. */
export type WavFormat = {
  coding: 'PCM' | 'float' | 'A-law' | 'mu-law' | 'IMA ADPCM' | 'MS ADPCM';
  /** Hz. */
  sampleRate: number;
  channels: number;
  /** Of one sample of one channel. */
  bits: number;
  /** Bytes that are decoded together: one sample of every channel, or of ADPCM a few hundred. */
  block: number;
  /** Samples per channel in a block. */
  blockFrames: number;
  /** Samples per channel in so many bytes; what is left over at their end counts for nothing. */
  framesIn: (bytes: number) => number;
};

const EXTENSIBLE = 0xfffe;
const CODINGS = new Map<number, { coding: WavFormat['coding']; bits: number[] }>([
  [1, { coding: 'PCM', bits: [8, 16, 24, 32] }],
  [2, { coding: 'MS ADPCM', bits: [4] }],
  [3, { coding: 'float', bits: [32, 64] }],
  [6, { coding: 'A-law', bits: [8] }],
  [7, { coding: 'mu-law', bits: [8] }],
  [0x11, { coding: 'IMA ADPCM', bits: [4] }],
]);

/** Reads the format chunk. @throws HeaderError if it is of a kind that is not read, or contradicts itself. */
export function readWavFormat(bytes: Uint8Array): WavFormat {
  if (bytes.length < 16) throw new HeaderError(`a wav format of ${bytes.length} bytes, expected at least 16`);
  const fields = view(bytes);
  const extensible = fields.getUint16(0, true) === EXTENSIBLE && bytes.length >= 26;
  const tag = fields.getUint16(extensible ? 24 : 0, true);
  const channels = fields.getUint16(2, true);
  const sampleRate = fields.getUint32(4, true);
  const block = fields.getUint16(12, true);
  const bits = fields.getUint16(14, true);
  const known = CODINGS.get(tag);
  if (!known?.bits.includes(bits)) {
    const found = known ? `${known.coding} of ${bits} bits` : `format ${tag}`;
    throw new HeaderError(
      `a wav file of a kind that is not read: expected PCM of 8, 16, 24 or 32 bits, float, A-law, mu-law, or ADPCM of IMA or Microsoft, found ${found}`,
    );
  }
  const { coding } = known;
  const said = { coding, sampleRate, channels, bits, block };
  if (coding === 'IMA ADPCM' || coding === 'MS ADPCM') return { ...said, ...adpcmBlocks(coding, fields) };
  if (channels === 0 || block !== (channels * bits) / 8) {
    throw new HeaderError(
      `a wav header that contradicts itself: ${channels} channels of ${bits} bits in ${block} bytes`,
    );
  }
  return { ...said, blockFrames: 1, framesIn: (bytes) => Math.floor(bytes / block) };
}

/** What a block of ADPCM begins with, per channel, and the samples in so many bytes behind that. */
const ADPCM = {
  'IMA ADPCM': { head: 4, frames: (bytes: number, channels: number) => 1 + 8 * Math.floor(bytes / (4 * channels)) },
  'MS ADPCM': { head: 7, frames: (bytes: number, channels: number) => 2 + Math.floor((2 * bytes) / channels) },
};

function adpcmBlocks(coding: keyof typeof ADPCM, fields: DataView): Pick<WavFormat, 'blockFrames' | 'framesIn'> {
  const channels = fields.getUint16(2, true);
  const block = fields.getUint16(12, true);
  if (fields.byteLength < 20) throw new HeaderError('a wav format of ADPCM that does not say how long its blocks are');
  if (channels !== 1 && channels !== 2) throw new HeaderError(`ADPCM of ${channels} channels, expected 1 or 2`);
  const { head, frames } = ADPCM[coding];
  const inBlock = (bytes: number) => (bytes < head * channels ? 0 : frames(bytes - head * channels, channels));
  const blockFrames = fields.getUint16(18, true);
  if (block <= head * channels || blockFrames !== inBlock(block)) {
    throw new HeaderError(
      `a wav header that contradicts itself: ${blockFrames} samples of ${channels} channels in a block of ${block} bytes`,
    );
  }
  if (coding === 'MS ADPCM') checkCoefficients(fields);
  return {
    blockFrames,
    framesIn: (bytes) => Math.floor(bytes / block) * blockFrames + inBlock(bytes % block),
  };
}

/** The predictors that a file lists: seven that every encoder writes. */
function checkCoefficients(fields: DataView): void {
  const there = fields.byteLength >= 50 && fields.getUint16(20, true) === MS_COEFFICIENTS.length;
  const same =
    there &&
    MS_COEFFICIENTS.every(
      ([first, second], i) =>
        fields.getInt16(22 + 4 * i, true) === first && fields.getInt16(24 + 4 * i, true) === second,
    );
  if (!same) throw new HeaderError("Microsoft's ADPCM with other predictors than the usual seven, which is not read");
}
