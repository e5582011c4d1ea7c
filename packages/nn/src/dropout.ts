import * as tf from '@tensorflow/tfjs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Mode } from './mode';
import { isNative, nativeKernel } from './native';
import { mixSeed } from './random';

/**
 * In training, sets each entry to 0 with the given probability and scales the others by 1 / (1 - rate); otherwise x itself.
 * Which entries are dropped is a function of `mode.seed`, the shape and, for more than a million entries, the backend.
 *
 * @param rate 0 .. 1 (exclusive), in steps of 1 / 65,536.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, mode: Mode): T {
  const kept = drawKept(x.shape, rate, mode);
  return kept ? tf.tidy(() => tf.mul(x, factors(kept, rate))) : x;
}

/** Which entries stay, as `factors` reads it; undefined where dropout is off. */
export function drawKept(shape: number[], rate: number, mode: Mode): tf.Tensor | undefined {
  if (!mode.training || rate === 0) return undefined;
  const large = tf.util.sizeFromShape(shape) > LARGE && isNative();
  return large ? nativeKept(shape, rate, mode.seed) : drawnKept(shape, rate, mode.seed);
}

/** What entries are multiplied by: 0, or 1 / (1 - rate). A large draw is kept as one byte an entry. */
export function factors(kept: tf.Tensor, rate: number): tf.Tensor {
  return kept.dtype === 'bool' ? tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)) : kept;
}

/** Beyond this, drawing in JavaScript costs more than it should of a step. */
const LARGE = 1_000_000;

function drawnKept(shape: number[], rate: number, seed: number): tf.Tensor {
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

/** Drawn by TensorFlow's counter-based generator, on all cores, the same for every number of them. */
function nativeKept(shape: number[], rate: number, seed: number): tf.Tensor {
  return tf.tidy(() => {
    const seeds = tf.tensor1d([seed | 0, mixSeed(seed, 1)], 'int32');
    const attributes = { dtype: 'float32', T: 'int32', Tseed: 'int32' };
    const inputs = [tf.tensor1d(shape, 'int32'), seeds];
    const [uniform] = nativeKernel('StatelessRandomUniform', attributes, inputs);
    return tf.greaterEqual(uniform!, rate);
  });
}
