import * as tf from '@tensorflow/tfjs';
import { bf16Product } from './kernels/bf16-product';
import { kernels } from './kernels/kernels';
import { bf16Copies } from './precision';

/**
 * `a · b` over the last two axes, either one transposed first if asked; leading axes must be equal. With its gradient.
 *
 * It differs from `tf.matMul` on the wasm backend, whose kernel is 10 to 50 times slower when it is told to transpose, or given more than one
 * matrix: there the operand is transposed beforehand, and a batch's matrices are multiplied one by one. A gradient always has a transpose.
 */
export function matMul<T extends tf.Tensor>(a: T, b: T, transposeA = false, transposeB = false): T {
  const multiply = tf.customGrad((a, b, save) => {
    const [left, right] = [a as tf.Tensor, b as tf.Tensor];
    (save as tf.GradSaveFunc)([left, right]);
    return {
      value: product(left, right, transposeA, transposeB),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [left, right] = saved as [tf.Tensor, tf.Tensor];
        return [
          transposeA ? product(right, dy, transposeB, true) : product(dy, right, false, !transposeB),
          transposeB ? product(dy, left, true, transposeA) : product(left, dy, !transposeA, false),
        ];
      },
    };
  });
  return multiply(a, b) as T;
}

/** The forward half, for use inside hand-written gradients. In the precision of `withPrecision`. */
export function product(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (isInBf16(a, b, transposeA, transposeB)) return bf16Product(a, b, transposeA, transposeB, bf16Copies()!);
  return kernels().product(a, b, transposeA, transposeB);
}

/** Whether `product` rounds these. */
export function isInBf16(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): boolean {
  return bf16Copies() !== undefined && gainsByBf16(a, b, transposeA, transposeB);
}

/** Multiply-adds, and multiply-adds for each entry of the three matrices, from which rounding takes less time than it saves. */
const [MANY, MANY_AN_ENTRY] = [2 ** 23, 48];

/** Measured with avx512_bf16. Attention's batched products write too many entries to gain. */
function gainsByBf16(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): boolean {
  if (a.rank !== 2 || b.rank !== 2 || a.dtype !== 'float32' || b.dtype !== 'float32') return false;
  const [M, K] = (transposeA ? a.shape.toReversed() : a.shape) as [number, number];
  const [terms, N] = (transposeB ? b.shape.toReversed() : b.shape) as [number, number];
  const entries = M * K + K * N + M * N;
  return K === terms && M * K * N >= Math.max(MANY, MANY_AN_ENTRY * entries);
}
