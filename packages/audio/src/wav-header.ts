import { type AudioHeader, ascii, HeaderError, view } from './audio-header';
import type { ByteSource } from './byte-source';
import { readWavFormat, type WavFormat } from './wav-format';

/** Chunks that are looked at before the samples: a file of empty ones would keep the reader busy. */
const MAX_CHUNKS = 1_000;
/** A chunk's length where it is not known yet, or stands in the `ds64` chunk because 32 bits do not hold it. */
const UNKNOWN = 0xffffffff;
const FORMAT_BYTES = 50;
const DS64_BYTES = 28;

export type WavHeader = AudioHeader &
  WavFormat & {
    /** Where the samples begin in the file, and how many bytes they are. */
    start: number;
    bytes: number;
  };

/** The files that are read as wav: RF64 and BW64 are the same with lengths of 64 bits. */
export const isWav = (start: Uint8Array) =>
  ['RIFF', 'RF64', 'BW64'].includes(ascii(start, 0, 4)) && ascii(start, 8, 12) === 'WAVE';

/** Finds the format and the samples of a wav file; reads no samples. @throws HeaderError */
export async function readWavHeader(source: ByteSource): Promise<WavHeader> {
  const long = ascii(await source.read(0, 4), 0, 4) !== 'RIFF';
  let format: Uint8Array | undefined;
  let noted: number | undefined;
  let dataSize: number | undefined;
  for (let at = 12, count = 0; at + 8 <= source.size; count++) {
    if (count === MAX_CHUNKS)
      throw new HeaderError(`damaged: no samples within the first ${MAX_CHUNKS} parts of the file`);
    const head = await source.read(at, 8);
    if (head.length < 8) break;
    const name = ascii(head, 0, 4);
    const size = view(head).getUint32(4, true);
    if (name === 'fmt ') format = await source.read(at + 8, Math.min(size, FORMAT_BYTES));
    if (name === 'fact' && size >= 4) noted = await readUint32(source, at + 8);
    if (name === 'ds64' && long) dataSize = await readDataSize(source, at + 8, size);
    if (name === 'data') {
      if (!format) throw new HeaderError('a wav file without a format before its data');
      if (long && dataSize === undefined) throw new HeaderError('damaged: a wav file of 64 bits without its lengths');
      const claimed = size === UNKNOWN ? (dataSize ?? UNKNOWN) : size;
      return wavHeader(readWavFormat(format), at + 8, sampleBytes(claimed, source.size - at - 8), noted);
    }
    at += 8 + size + (size % 2);
  }
  throw new HeaderError('truncated: a wav file that ends before its samples');
}

async function readUint32(source: ByteSource, at: number): Promise<number | undefined> {
  const bytes = await source.read(at, 4);
  return bytes.length === 4 ? view(bytes).getUint32(0, true) : undefined;
}

/** Of the `ds64` chunk: 64 bits each of the file's length, the samples' bytes and the samples' number. */
async function readDataSize(source: ByteSource, at: number, size: number): Promise<number> {
  const bytes = await source.read(at, Math.min(size, DS64_BYTES));
  if (bytes.length < DS64_BYTES) throw new HeaderError(`damaged: lengths of 64 bits in ${bytes.length} bytes`);
  return Number(view(bytes).getBigUint64(8, true));
}

function sampleBytes(claimed: number, there: number): number {
  // 0 and 2^32 - 1 are written by programs that do not know the length yet: the data goes on to the end of the file.
  if (claimed === UNKNOWN || claimed === 0) return there;
  if (there < claimed) {
    throw new HeaderError(`truncated: its header claims ${claimed} bytes of samples, ${there} are there`);
  }
  return claimed;
}

function wavHeader(format: WavFormat, start: number, bytes: number, noted: number | undefined): WavHeader {
  const frames = format.framesIn(bytes);
  return { ...format, format: 'wav', ...lengthOf(format, frames, noted), start, bytes };
}

/** Blocks of ADPCM are filled up; how many samples there were is noted beside, unless by an encoder that counts wrong. */
function lengthOf({ blockFrames }: WavFormat, frames: number, noted = UNKNOWN) {
  if (blockFrames > 1 && noted > frames && noted !== UNKNOWN)
    throw new HeaderError(`truncated: its header claims ${noted} samples, ${frames} are there`);
  const exact = noted > Math.max(0, frames - blockFrames) && noted <= frames ? noted : frames;
  return { minFrames: exact, maxFrames: exact };
}
