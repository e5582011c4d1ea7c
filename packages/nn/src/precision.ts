import * as tf from '@tensorflow/tfjs';
import { type Bf16Copies, freeCopies } from './kernels/bf16-product';

/** What large matrix products read: float32, or bfloat16, which has the range of float32 and 8 bits of its precision. */
export type Precision = 'float32' | 'bf16';

let copies: Bf16Copies | undefined;

/** Where matrix products are in bfloat16 now: the copies of the weights. */
export const bf16Copies = (): Bf16Copies | undefined => copies;

/**
 * Computes with large matrix products of the given precision, those of gradients too; in `bf16` they read bfloat16 and everything else stays
 * float32: sums, results, norms, softmax, losses, the weights themselves. What is computed afterwards, or awaited, is as before.
 *
 * Of a weight that is a variable a copy in bfloat16 is kept as long as it has this value, at most to the end.
 *
 * @throws If the precision is `bf16` and the backend is not native.
 */
export function withPrecision<R>(precision: Precision, compute: () => R): R {
  if (precision === 'bf16' && tf.getBackend() !== 'tensorflow')
    throw new Error(
      `precision: expected float32 on the backend ${tf.getBackend()}, found bf16, which native alone computes in`,
    );
  const outer = copies;
  const own: Bf16Copies | undefined = precision === 'bf16' ? new Map() : undefined;
  copies = own;
  try {
    return compute();
  } finally {
    copies = outer;
    if (own) freeCopies(own);
  }
}
