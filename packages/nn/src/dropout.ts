import * as tf from '@tensorflow/tfjs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Mode } from './mode';

/**
 * In training, sets each entry to 0 with the given probability and scales the others by 1 / (1 - rate); otherwise x itself.
 * Which entries are dropped is a function of `mode.seed` and the shape alone.
 *
 * @param rate 0 .. 1 (exclusive), in steps of 1 / 65,536.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, mode: Mode): T {
  if (!mode.training || rate === 0) return x;
  return tf.tidy(() => tf.mul(x, dropoutMask(x.shape, rate, mode.seed)));
}

function dropoutMask(shape: number[], rate: number, seed: number): tf.Tensor {
  const generator = xoroshiro128plus(seed);
  const size = tf.util.sizeFromShape(shape);
  const mask = new Float32Array(size);
  const threshold = Math.round(rate * 0x1_0000);
  const kept = 1 / (1 - rate);
  // Each draw of 32 bits decides two entries.
  for (let i = 0; i < size; i += 2) {
    const bits = generator.next();
    if ((bits & 0xffff) >= threshold) mask[i] = kept;
    if (bits >>> 16 >= threshold) mask[i + 1] = kept;
  }
  return tf.tensor(mask, shape);
}
