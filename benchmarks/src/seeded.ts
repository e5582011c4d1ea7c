import * as tf from '@tensorflow/tfjs';

// Weights that benchmarks/python/seeded.py makes too, so that no file has to carry them.

const DEVIATION = 0.02;

/** Where a name's sequence starts: FNV-1a. */
function seedOf(name: string): number {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return seed;
}

/** Uniform in [-1, 1): entry i has the upper 24 of the 32 bits that MurmurHash3's finaliser gives of seed + i · 0x9e3779b9. */
function seededValues(name: string, size: number): Float32Array {
  const seed = seedOf(name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    values[i] = ((x ^ (x >>> 16)) >>> 8) * 2 ** -23 - 1;
  }
  return values;
}

/** A parameter by its path: about 1 in a norm's weight, else about 0 with one deviation. In TensorFlow's memory only. */
export function seededWeight(path: string, shape: readonly number[]): tf.Tensor {
  const values = seededValues(path, tf.util.sizeFromShape([...shape]));
  const scale = Math.fround(DEVIATION * Math.sqrt(3));
  const mean = /norm\.weight$/i.test(path) ? 1 : 0;
  for (let i = 0; i < values.length; i++) values[i] = mean + Math.fround(scale * values[i]!);
  return tf.tidy(() => tf.mul(tf.tensor(values, [...shape]), 1));
}
