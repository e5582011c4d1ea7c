import * as tf from '@tensorflow/tfjs';
import { attentionByProducts, type Heads } from './attention-by-products';
import { asOneVector } from './one-vector';
import { plain, vectorMoments } from './plain';
import type { Kernels, Places } from './types';
import { eachProduct } from './wasm-products';

/** What the wasm backend is told in another way than the rest. */
export const wasm: Kernels = {
  ...plain,
  product,
  takeRows,
  ...attentionByProducts({ product, drop: plain.drop, splitHeads, mergeHeads }),
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

/** Its gather works out the place of every entry by itself, which takes longer than all else of a layer but the products. */
function takeRows(rows: tf.Tensor, index: tf.Tensor1D): tf.Tensor2D {
  const [R, D] = rows.shape as [number, number];
  const from = index.dataSync<'int32'>();
  return copied(rows, [index.size, D], D, (row) => within(from[row]!, R)) as tf.Tensor2D;
}

function splitHeads(...[rows, { B, T, packed }, H]: Parameters<Heads['splitHeads']>): tf.Tensor4D {
  const [R, D] = rows.shape as [number, number];
  const rowOf = packed?.rows.dataSync<'int32'>();
  const blockOf = (place: number) => {
    const [t, head] = [place % T, Math.floor(place / T)];
    const position = Math.floor(head / H) * T + t;
    const row = within(rowOf ? rowOf[position]! : position, R);
    return row < 0 ? row : row * H + (head % H);
  };
  return copied(rows, [B, H, T, D / H], D / H, blockOf) as tf.Tensor4D;
}

function mergeHeads(heads: tf.Tensor, { packed }: Places): tf.Tensor2D {
  const [B, H, T, d] = heads.shape as [number, number, number, number];
  const positionOf = packed?.positions.dataSync<'int32'>();
  const blockOf = (place: number) => {
    const row = Math.floor(place / H);
    const position = within(positionOf ? positionOf[row]! : row, B * T);
    return position < 0 ? position : (Math.floor(position / T) * H + (place % H)) * T + (position % T);
  };
  return copied(heads, [packed?.positions.size ?? B * T, H * d], d, blockOf) as tf.Tensor2D;
}

const within = (index: number, count: number): number => (index < count ? index : -1);

/** Blocks of `width` numbers in another order: of each the block of x that it is, or -1 for zeros. */
function copied(x: tf.Tensor, shape: number[], width: number, blockOf: (place: number) => number): tf.Tensor {
  const values = x.dataSync<'float32'>();
  const result = new Float32Array(tf.util.sizeFromShape(shape));
  for (let place = 0; place * width < result.length; place++) {
    const block = blockOf(place);
    if (block < 0) continue;
    const [to, from] = [place * width, block * width];
    for (let i = 0; i < width; i++) result[to + i] = values[from + i]!;
  }
  return tf.tensor(result, shape);
}

function swapLastAxes(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  axes.push(...axes.splice(-2).reverse());
  return tf.transpose(x, axes);
}
