import { type Broken, change, type Draw, type Moves, pick } from './draw';
import { ENCODINGS, EXTREMES } from './odd-values';

const splice = (bytes: Buffer, at: number, removed: number, added: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
/** Half of the time near the beginning, where headers stand. */
const place = (bytes: Buffer, draw: Draw) => draw(draw(2) === 0 ? Math.min(128, bytes.length) : bytes.length);

/** One of the numbers that lengths are forged with, over 1 to 8 bytes at some place. */
export function forgeNumber(bytes: Buffer, draw: Draw, at = place(bytes, draw)): Buffer {
  const width = pick([1, 2, 4, 8], draw);
  if (bytes.length < width) return bytes;
  const value = Buffer.alloc(8);
  const number = pick(EXTREMES, draw);
  if (draw(2) === 0) value.writeBigUInt64LE(BigInt(number));
  else value.writeBigUInt64BE(BigInt.asUintN(64, BigInt(number) << BigInt(64 - 8 * width)));
  return splice(bytes, Math.min(at, bytes.length - width), width, value.subarray(0, width));
}

const moves: Moves<Buffer> = {
  flipBits(bytes, draw) {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    for (let count = 1 + draw(16); count > 0; count--) changed[place(bytes, draw)]! ^= 1 << draw(8);
    return changed;
  },
  truncate: (bytes, draw) => bytes.subarray(0, draw(bytes.length)),
  forgeNumber: (bytes, draw) => forgeNumber(bytes, draw),
  breakEncoding: (bytes, draw) => splice(bytes, place(bytes, draw), draw(3), pick(ENCODINGS, draw)),
  asUtf16: (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
  remove: (bytes, draw) => splice(bytes, place(bytes, draw), 1 + draw(64), Buffer.alloc(0)),
  repeat(bytes, draw) {
    const from = draw(bytes.length);
    return splice(bytes, place(bytes, draw), 0, bytes.subarray(from, from + 1 + draw(512)));
  },
  overwrite(bytes, draw) {
    const added = Buffer.alloc(1 + draw(64), draw(2) === 0 ? 0 : draw(256));
    return splice(bytes, place(bytes, draw), added.length, added);
  },
};

/** Breaks a file of any form, knowing nothing of it. */
export function mutateBytes(seed: Buffer, draw: Draw): Broken {
  const { value, how } = change(seed, moves, draw);
  return { bytes: Buffer.from(value), how };
}
