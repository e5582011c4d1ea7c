import { HeaderError } from './audio-header';
import type { FlacHeader } from './flac-header';

const ID3V1 = 128;

export type FlacFrame = {
  /** From its header to its checksum. */
  bytes: Uint8Array;
  /** Where its header ends. */
  headerLength: number;
  /** Samples per channel. */
  samples: number;
};

/**
 * The frames of a flac file, up to the one that holds the last of the wanted samples. Nothing is decoded: the frames say how many samples
 * they hold, and a checksum where they end.
 *
 * @throws HeaderError if there are fewer samples than are wanted, or all are wanted and there are more than the header claims.
 */
export function* flacFrames(file: Uint8Array, { maxFrames }: FlacHeader, wanted: number): Generator<FlacFrame> {
  const tag = file.length - ID3V1;
  const bytes =
    tag > 0 && Buffer.from(file.subarray(tag, tag + 3)).toString('latin1') === 'TAG' ? file.subarray(0, tag) : file;
  let total = 0;
  for (let at = notesEnd(bytes); at < bytes.length; ) {
    const header = readHeader(bytes, at);
    const end = header && frameEnd(bytes, at + header.length, at);
    if (!header || end === undefined) break;
    total += header.samples;
    if (total > maxFrames) throw new HeaderError(`damaged: more than the ${maxFrames} samples that its header claims`);
    yield { bytes: bytes.subarray(at, end), headerLength: header.length, samples: header.samples };
    at = end;
    if (total >= wanted && wanted < maxFrames) return;
    if (at === bytes.length && total === maxFrames) return;
  }
  throw new HeaderError(`truncated or damaged: ${total} samples, where its header claims ${maxFrames}`);
}

/** Where the blocks of notes before the first frame end. */
function notesEnd(bytes: Uint8Array): number {
  for (let at = 4; at + 4 <= bytes.length; ) {
    const isLast = bytes[at]! & 0x80;
    at += 4 + bytes[at + 1]! * 65_536 + bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (isLast) return at;
  }
  return bytes.length;
}

/** Where the frame ends that begins at `start`: its checksum is 0, and another frame or nothing follows. */
function frameEnd(bytes: Uint8Array, from: number, start: number): number | undefined {
  let sum = 0;
  for (let at = start; at < bytes.length; at++) {
    if (sum === 0 && at > from && bytes[at] === 0xff && readHeader(bytes, at)) return at;
    sum = ((sum << 8) & 0xffff) ^ CRC_16[(sum >> 8) ^ bytes[at]!]!;
  }
  return sum === 0 ? bytes.length : undefined;
}

/** The header of a frame: its own length in bytes, and the samples per channel that the frame holds. */
function readHeader(bytes: Uint8Array, at: number): { length: number; samples: number } | undefined {
  if (at + 6 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8) return undefined;
  const size = bytes[at + 2]! >> 4;
  const rate = bytes[at + 2]! & 15;
  // The frame's number takes as many bytes as its first one begins with ones, or one.
  const ones = Math.clz32(~(bytes[at + 4]! << 24));
  const number = ones === 0 ? 1 : ones;
  if (size === 0 || rate === 15 || ones === 1 || ones > 7) return undefined;
  const sizeAt = at + 4 + number;
  const sizeBytes = size === 6 ? 1 : size === 7 ? 2 : 0;
  const end = sizeAt + sizeBytes + (rate === 12 ? 1 : rate === 13 || rate === 14 ? 2 : 0);
  if (end >= bytes.length) return undefined;
  let sum = 0;
  for (let i = at; i < end; i++) sum = CRC_8[sum ^ bytes[i]!]!;
  if (sum !== bytes[end]) return undefined;
  return { length: end + 1 - at, samples: frameSamples(size, bytes, sizeAt) };
}

function frameSamples(size: number, bytes: Uint8Array, at: number): number {
  if (size === 1) return 192;
  if (size <= 5) return 576 * 2 ** (size - 2);
  if (size === 6) return bytes[at]! + 1;
  if (size === 7) return bytes[at]! * 256 + bytes[at + 1]! + 1;
  return 2 ** size;
}

const crcTable = (bits: number, polynomial: number) =>
  Uint16Array.from({ length: 256 }, (_, byte) => {
    let sum = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ ((sum >> (bits - 1)) & 1 ? polynomial : 0);
    return sum & (2 ** bits - 1);
  });
const CRC_8 = crcTable(8, 0x07);
const CRC_16 = crcTable(16, 0x8005);
