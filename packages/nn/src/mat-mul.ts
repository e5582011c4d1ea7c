import * as tf from '@tensorflow/tfjs';

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
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, transposeA, transposeB);
  return tf.tidy(() => {
    const [left, right] = [transposeA ? swapLastAxes(a) : a, transposeB ? swapLastAxes(b) : b];
    return left.rank === 2 ? tf.matMul(left, right) : eachProduct(left, right);
  });
}

/** The products of two batches' matrices one by one: [..., M, K] and [..., K, N] -> [..., M, N]. */
function eachProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [left, right] = [matrices(a), matrices(b)];
  const products = left.map((matrix, i) => tf.matMul(matrix, right[i]!));
  return tf.reshape(tf.concat(products), [...a.shape.slice(0, -1), b.shape.at(-1)!]);
}

/** A batch's matrices; a slice would copy the whole batch for each. */
function matrices(x: tf.Tensor): tf.Tensor2D[] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const size = rows * columns;
  const values = x.dataSync<'float32'>();
  return Array.from({ length: x.size / size }, (_, i) =>
    tf.tensor2d(values.subarray(i * size, (i + 1) * size), [rows, columns]),
  );
}

function swapLastAxes(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  axes.push(...axes.splice(-2).reverse());
  return tf.transpose(x, axes);
}
