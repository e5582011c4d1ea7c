// A generator that Python has too (scripts/reference/encoders/seeded_weights.py): fixtures and benchmarks need no file of large weights.

/** Where a name's sequence starts: FNV-1a. */
export function seedOf(name: string): number {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return seed;
}

/** Entry i of a sequence, 32 bits: MurmurHash3's finaliser over seed + i · 0x9e3779b9. */
export function bitsAt(seed: number, i: number): number {
  let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Uniform in [-1, 1). */
export function seededValues(name: string, size: number): Float32Array {
  const seed = seedOf(name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = (bitsAt(seed, i) >>> 8) * 2 ** -23 - 1;
  return values;
}
