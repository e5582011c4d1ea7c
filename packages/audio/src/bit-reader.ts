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
  const read = (bits: number) => {
    if (at + bits > end) throw new HeaderError('damaged: a flac frame that ends too early');
    let value = 0;
    for (let left = bits; left > 0; ) {
      const there = 8 - (at & 7);
      const take = Math.min(there, left);
      value = value * 2 ** take + ((bytes[at >> 3]! >> (there - take)) & ((1 << take) - 1));
      at += take;
      left -= take;
    }
    return value;
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
