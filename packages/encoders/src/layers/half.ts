/** The largest number of half precision. */
const LARGEST = 65_504;
/** Below this, 2^-14, half precision has multiples of 2^-24. */
const SMALLEST_NORMAL = 2 ** -14;

/** Rounds to half precision in place, to the nearest and ties to even: a cache of that precision then keeps the same numbers. */
export function roundToHalf(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.abs(value) >= LARGEST) values[i] = Math.sign(value) * LARGEST;
    // Numbers of 0.5 .. 1 are multiples of 2^-24 in single precision.
    else if (Math.abs(value) < SMALLEST_NORMAL)
      values[i] = Math.sign(value) * (Math.fround(Math.abs(value) + 0.75) - 0.75);
    // Ten bits of the fraction's 23 stay; a carry goes into the exponent, as it should.
    else bits[i] = (bits[i]! + 0xfff + ((bits[i]! >>> 13) & 1)) & ~0x1fff;
  }
  return values;
}
