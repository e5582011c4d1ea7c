import { type AudioHeader, ascii, HeaderError, view } from './audio-header';

const NO_POSITION = 0xffffffffffffffffn;
const LAST_PAGE = 0x04;

/** Walks the pages of an Ogg file: the first says what it is, the last how long it is. @throws HeaderError */
export function readOggHeader(bytes: Uint8Array): AudioHeader {
  const fields = view(bytes);
  let position = 0n;
  let serial: number | undefined;
  let flags = 0;
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 <= bytes.length && ascii(bytes, at, at + 4) !== 'OggS')
      throw new HeaderError(`damaged: no Ogg page at byte ${at}, where one should begin`);
    const end = pageEnd(bytes, at);
    if (end === undefined) throw new HeaderError('truncated: an Ogg file that ends within a page');
    if (pageChecksum(bytes, at, end) !== fields.getUint32(at + 22, true)) {
      throw new HeaderError(`damaged: the Ogg page at byte ${at} is not what was written`);
    }
    serial ??= fields.getUint32(at + 14, true);
    if (fields.getUint32(at + 14, true) !== serial || (at > 0 && flags & LAST_PAGE)) {
      throw new HeaderError('an Ogg file with several streams, expected one');
    }
    flags = bytes[at + 5]!;
    const here = fields.getBigUint64(at + 6, true);
    if (here !== NO_POSITION) position = here;
    at = end;
  }
  if (!(flags & LAST_PAGE)) throw new HeaderError('truncated: an Ogg file that ends before its last page');
  return oggHeader(bytes.subarray(27 + bytes[26]!), Number(position));
}

/** Where the page at `at` ends; undefined if the file ends first. */
export function pageEnd(bytes: Uint8Array, at: number): number | undefined {
  if (at + 27 > bytes.length) return undefined;
  const table = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!);
  const end = table.reduce((sum, size) => sum + size, at + 27 + bytes[at + 26]!);
  return end <= bytes.length ? end : undefined;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});

/** CRC-32 of a page, its own four bytes counted as 0. */
export function pageChecksum(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) {
    const byte = at >= from + 22 && at < from + 26 ? 0 : bytes[at]!;
    crc = (crc << 8) ^ CRC[(crc >>> 24) ^ byte]!;
  }
  return crc >>> 0;
}

function oggHeader(packet: Uint8Array, position: number): AudioHeader {
  if (ascii(packet, 0, 8) === 'OpusHead' && packet.length >= 19) {
    const frames = Math.max(0, position - view(packet).getUint16(10, true));
    return { format: 'opus', sampleRate: 48_000, channels: packet[9]!, minFrames: frames, maxFrames: frames };
  }
  if (ascii(packet, 0, 7) === '\u0001vorbis' && packet.length >= 30) {
    return {
      format: 'ogg vorbis',
      sampleRate: view(packet).getUint32(12, true),
      channels: packet[11]!,
      minFrames: position,
      maxFrames: position,
    };
  }
  throw new HeaderError('an Ogg file of a kind that is not read: expected Vorbis or Opus');
}
