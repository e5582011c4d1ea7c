import * as tf from '@tensorflow/tfjs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded source of random numbers. Nothing in these packages draws from a hidden one. */
export type Rng = {
  /** The next 32 random bits, as an integer of 0 .. 2^32 - 1. */
  bits(): number;
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
};

/** Starts a generator (xoroshiro128+ of pure-rand). The same seed gives the same numbers on every machine. */
export function createRng(seed: number): Rng {
  const generator = xoroshiro128plus(mixSeed(seed)); // mixed: small seeds start it badly
  const bits = () => generator.next() >>> 0;
  const uniform = () => bits() / 0x1_0000_0000;
  // Box-Muller; 1 - u keeps the logarithm away from zero.
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { bits, uniform, normal };
}

/** Mixes numbers into one 32-bit seed, so that (seed, epoch, step, site) each get numbers of their own (the finaliser of MurmurHash3). */
export function mixSeed(...parts: number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash | 0;
}

function filled<R extends tf.Rank>(shape: tf.ShapeMap[R], draw: () => number): tf.Tensor<R> {
  return tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, draw), shape);
}

/** Uniform in ±sqrt(1 / fanIn): what PyTorch's `Linear` and `Conv1d` start from (Kaiming uniform with a = sqrt 5). */
export function kaimingUniform<R extends tf.Rank>(shape: tf.ShapeMap[R], fanIn: number, rng: Rng): tf.Tensor<R> {
  const bound = Math.sqrt(1 / fanIn);
  return filled(shape, () => (2 * rng.uniform() - 1) * bound);
}

/** Normal with mean 0 and the given deviation. */
export function normal<R extends tf.Rank>(shape: tf.ShapeMap[R], deviation: number, rng: Rng): tf.Tensor<R> {
  return filled(shape, () => rng.normal() * deviation);
}
