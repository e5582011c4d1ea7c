import type * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { Mode } from './mode';
import { oneNode } from './one-node';

/**
 * In training, sets each entry to 0 with the given probability and scales the others by 1 / (1 - rate); otherwise x itself.
 * Which entries are dropped is a function of `mode.seed`, the shape and, for 65,536 entries and more, the backend.
 *
 * @param rate 0 .. 1 (exclusive), in steps of 1 / 65,536.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, mode: Mode): T {
  const kept = drawKept(x.shape, rate, mode);
  if (!kept) return x;
  return oneNode<T>([x], (save) => {
    save([kept]);
    return {
      value: kernels().drop(x, kept, rate) as T,
      gradient: (dy, [kept]) => [kernels().drop(dy, kept!, rate)],
    };
  });
}

/** Which entries stay, as `dropped` reads it; undefined where dropout is off. */
export function drawKept(shape: number[], rate: number, mode: Mode): tf.Tensor | undefined {
  if (!mode.training || rate === 0) return undefined;
  return kernels().drawKept(shape, rate, mode.seed);
}

/** x where it is kept, for layers that write their own gradient; x itself where dropout is off. */
export function dropped(x: tf.Tensor, kept: tf.Tensor | undefined, rate: number): tf.Tensor {
  return kept ? kernels().drop(x, kept, rate) : x;
}
