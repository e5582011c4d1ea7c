import * as tf from '@tensorflow/tfjs';
import { bf16Product, isRounded, rounded } from './kernels/bf16-product';
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

/**
 * The forward half, for use inside hand-written gradients. In the precision of `withPrecision`.
 *
 * @param a Or what `asRead` made of it, as `b`.
 */
export function product(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (isInBf16(a, b, transposeA, transposeB)) return bf16Product(a, b, transposeA, transposeB, bf16Copies()!);
  return kernels().product(a, b, transposeA, transposeB);
}

/** Whether `product` rounds these. */
export function isInBf16(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): boolean {
  return bf16Copies() !== undefined && gainsByBf16(a, b, transposeA, transposeB);
}

/**
 * A matrix as products in bf16 read it: rounded once for all of them, and kept for a gradient in half the memory. `widened` gives its numbers.
 *
 * @returns x itself where it is no matrix of real numbers with an even number of columns, or a variable, of which there is a copy already.
 */
export function asRead(x: tf.Tensor): tf.Tensor {
  const canBe = x.dtype === 'float32' && x.rank === 2 && x.shape[1]! % 2 === 0 && !(x instanceof tf.Variable);
  return canBe ? rounded(x) : x;
}

/** Multiply-adds, and multiply-adds for each entry of the three matrices, from which rounding takes less time than it saves. */
const [MANY, MANY_AN_ENTRY] = [2 ** 23, 48];

/** Measured with avx512_bf16. Attention's batched products write too many entries to gain. */
function gainsByBf16(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): boolean {
  const isMatrix = (x: tf.Tensor) => x.rank === 2 && (x.dtype === 'float32' || isRounded(x));
  if (!isMatrix(a) || !isMatrix(b)) return false;
  const [M, K] = sizesOf(a, transposeA);
  const [terms, N] = sizesOf(b, transposeB);
  const entries = M * K + K * N + M * N;
  return K === terms && M * K * N >= Math.max(MANY, MANY_AN_ENTRY * entries);
}

function sizesOf(x: tf.Tensor, isTransposed: boolean): [number, number] {
  const [n, d] = x.shape as [number, number];
  const columns = isRounded(x) ? 2 * d : d;
  return isTransposed ? [columns, n] : [n, columns];
}
