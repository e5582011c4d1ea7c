import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';

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

/** The forward half, for use inside hand-written gradients. */
export function product(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  return kernels().product(a, b, transposeA, transposeB);
}
