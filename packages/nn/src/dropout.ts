import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { Mode } from './mode';

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
  return kernels().drawKept(shape, rate, mode.seed);
}

/** What entries are multiplied by: 0, or 1 / (1 - rate). A large draw is kept as one byte an entry. */
export function factors(kept: tf.Tensor, rate: number): tf.Tensor {
  return kept.dtype === 'bool' ? tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)) : kept;
}
