import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Numbers that lengths and counts are forged with. */
const EXTREMES = [0, 1, 2, 127, 128, 255, 256, 32_767, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
/** Bytes that are no UTF-8, or that a text should not hold. */
const ENCODINGS = ['ff', 'c0af', 'eda080', 'f8888080', '00', 'efbbbf', 'fffe', 'c3', 'e282', '0d', '22', '80'].map(
  (hex) => Buffer.from(hex, 'hex'),
);

type Draw = (below: number) => number;
type Mutation = (bytes: Buffer, draw: Draw) => Buffer;

const splice = (bytes: Buffer, at: number, removed: number, added: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
/** Half of the time near the beginning, where headers stand. */
const place = (bytes: Buffer, draw: Draw) => draw(draw(2) === 0 ? Math.min(128, bytes.length) : bytes.length);

const mutations: Record<string, Mutation> = {
  flipBits(bytes, draw) {
    const changed = Buffer.from(bytes);
    for (let count = 1 + draw(16); count > 0; count--) changed[place(bytes, draw)]! ^= 1 << draw(8);
    return changed;
  },
  truncate: (bytes, draw) => Buffer.from(bytes.subarray(0, draw(bytes.length))),
  forgeLength(bytes, draw) {
    const width = [1, 2, 4, 8][draw(4)]!;
    if (bytes.length < width) return Buffer.from(bytes);
    const value = Buffer.alloc(8);
    const number = EXTREMES[draw(EXTREMES.length)]!;
    if (draw(2) === 0) value.writeBigUInt64LE(BigInt(number));
    else value.writeBigUInt64BE(BigInt.asUintN(64, BigInt(number) << BigInt(64 - 8 * width)));
    const at = Math.min(place(bytes, draw), bytes.length - width);
    return splice(bytes, at, width, value.subarray(0, width));
  },
  breakEncoding: (bytes, draw) => splice(bytes, place(bytes, draw), draw(3), ENCODINGS[draw(ENCODINGS.length)]!),
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
const kinds = Object.keys(mutations);

/** A broken copy of a file and how it was broken: one to three times, a pure function of its arguments. */
export function mutate(original: Uint8Array, seed: number): { bytes: Buffer; how: string } {
  const random = xoroshiro128plus(seed);
  const draw: Draw = (below) => (below <= 1 ? 0 : uniformInt(random, 0, below - 1));
  let bytes: Buffer = Buffer.from(original);
  const how: string[] = [];
  for (let count = 1 + draw(3); count > 0 && bytes.length > 0; count--) {
    const kind = kinds[draw(kinds.length)]!;
    bytes = mutations[kind]!(bytes, draw);
    how.push(kind);
  }
  return { bytes, how: how.join(', ') };
}
