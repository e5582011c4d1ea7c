// IEEE 754 half precision: 1 sign bit, 5 of exponent, 10 of fraction.

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/** To the nearest half-precision number, ties to even; beyond 65,504 (rounded) to infinity. */
export function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, halfBits);
}

function halfBits(value: number): number {
  asFloat[0] = value;
  const bits = asBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65,520 and more
  if (magnitude < 0x38800000) {
    // Below 2^-14 halves are multiples of 2^-24.
    return sign | roundToEven(Math.abs(value) * 2 ** 24);
  }
  const rebased = magnitude - 0x38000000;
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  const over = x - below;
  return below + (over > 0.5 || (over === 0.5 && below % 2 === 1) ? 1 : 0);
}

let table: Float32Array | undefined;

export function fromHalf(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 0x1_0000 }, (_, half) => halfValue(half));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]!]!;
  return values;
}

function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
