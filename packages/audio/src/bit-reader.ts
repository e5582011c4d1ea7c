import { HeaderError } from './audio-header';

/** Reads bits from the most significant one of each byte on. @throws HeaderError where the bytes end */
export type BitReader = {
  /** An unsigned integer of up to 32 bits. */
  read(bits: number): number;
  /** A signed one of up to 33 bits. */
  readSigned(bits: number): number;
  /** Zeros before the next one, which is passed too. */
  zeros(): number;
};

export function bitReader(bytes: Uint8Array, start: number): BitReader {
  const end = 8 * bytes.length;
  let at = 8 * start;
  const few = (bits: number) => {
    const byte = at >> 3;
    const word = (bytes[byte]! << 24) | (bytes[byte + 1]! << 16) | (bytes[byte + 2]! << 8) | bytes[byte + 3]!;
    const value = bits === 0 ? 0 : (word << (at & 7)) >>> (32 - bits);
    at += bits;
    return value;
  };
  const read = (bits: number) => {
    if (at + bits > end) throw new HeaderError('damaged: a flac frame that ends too early');
    return bits <= 25 ? few(bits) : few(bits - 16) * 65_536 + few(16);
  };
  return {
    read,
    readSigned(bits) {
      if (bits === 0) return 0;
      return -read(1) * 2 ** (bits - 1) + read(bits - 1);
    },
    zeros() {
      for (let count = 0; at < end; ) {
        const rest = (bytes[at >> 3]! << (24 + (at & 7))) >>> 0;
        if (rest !== 0) {
          const more = Math.clz32(rest);
          at += more + 1;
          return count + more;
        }
        count += 8 - (at & 7);
        at += 8 - (at & 7);
      }
      throw new HeaderError('damaged: a flac frame that ends too early');
    },
  };
}
