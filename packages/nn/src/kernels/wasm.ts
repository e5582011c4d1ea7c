import * as tf from '@tensorflow/tfjs';
import { attentionByProducts } from './attention-by-products';
import { asOneVector } from './one-vector';
import { plain, vectorMoments } from './plain';
import type { Kernels } from './types';

/** What the wasm backend is told in another way than the rest. */
export const wasm: Kernels = {
  ...plain,
  product,
  ...attentionByProducts({ ...plain, product }),
  split,
  adamMoments: asOneVector(vectorMoments, split),
};

/** Its product is 10 to 50 times slower when it is told to transpose, and 20 to 30 times slower for more than one matrix. */
function product(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  return tf.tidy(() => {
    const [left, right] = [transposeA ? swapLastAxes(a) : a, transposeB ? swapLastAxes(b) : b];
    return left.rank === 2 ? tf.matMul(left, right) : eachProduct(left, right);
  });
}

/** Its own split copies the whole vector for each part. */
function split(vector: tf.Tensor1D, sizes: readonly number[]): tf.Tensor1D[] {
  const values = vector.dataSync<'float32'>();
  let start = 0;
  return sizes.map((size) => {
    const part = tf.tensor1d(values.subarray(start, start + size));
    start += size;
    return part;
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
