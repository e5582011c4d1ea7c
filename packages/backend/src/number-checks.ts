import * as tf from '@tensorflow/tfjs';

/** An operation with numbers small enough to be worked out by hand. */
export type NumberCheck = { name: string; compute: () => tf.Tensor; expected: readonly number[] };

/** [2, 3] times [3, 2], and both transposed. */
const LEFT = [
  [1, 2, 3],
  [4, 5, 6],
];
const LEFT_TRANSPOSED = [
  [1, 4],
  [2, 5],
  [3, 6],
];
const RIGHT = [
  [1, 0],
  [2, -1],
  [0, 3],
];
const RIGHT_TRANSPOSED = [
  [1, 2, 0],
  [0, -1, 3],
];
const PRODUCT = [5, 7, 14, 13];

/** 1 … 12 as [2, 3, 2]. */
const cube = () => tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 3, 2]);
const isLarge = () => tf.greater(cube(), 5);
/** 1 where the cube is larger than 5. Not by a cast: of that, WebGPU's backend cannot sum over any but the last axis (tfjs#8638). */
const mask = () => tf.where(isLarge(), tf.onesLike(cube()), tf.zerosLike(cube()));

// Large enough for the kernels that work in blocks: row i holds i, column j holds j.
const [ROWS, INNER, COLUMNS] = [40, 70, 50];
const rowNumbers = (): tf.Tensor2D => tf.tile(tf.reshape(tf.range(0, ROWS), [ROWS, 1]), [1, INNER]);
const columnNumbers = (): tf.Tensor2D => tf.tile(tf.reshape(tf.range(0, COLUMNS), [1, COLUMNS]), [INNER, 1]);
const numbers = (length: number, of: (i: number) => number) => Array.from({ length }, (_, i) => of(i));

/** A sequence of four frames with its neighbours, as `conv1d` of nn makes it. */
function neighbours(): tf.Tensor {
  const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [1, 4, 2]);
  const padded = tf.pad(x, [
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
  const shifted = [0, 1, 2].map((start) => tf.slice(padded, [0, start, 0], [1, 4, 2]));
  return tf.concat(shifted, 2);
}

const SCORES = [
  [3, 9, 1, 7],
  [2, 4, 8, 6],
];

/** What the model is made of. */
export const NUMBER_CHECKS: readonly NumberCheck[] = [
  { name: 'matMul', compute: () => tf.matMul(LEFT, RIGHT), expected: PRODUCT },
  { name: 'matMul, first transposed', compute: () => tf.matMul(LEFT_TRANSPOSED, RIGHT, true), expected: PRODUCT },
  {
    name: 'matMul, second transposed',
    compute: () => tf.matMul(LEFT, RIGHT_TRANSPOSED, false, true),
    expected: PRODUCT,
  },
  {
    name: 'matMul, both transposed',
    compute: () => tf.matMul(LEFT_TRANSPOSED, RIGHT_TRANSPOSED, true, true),
    expected: PRODUCT,
  },
  {
    name: 'matMul of a batch',
    compute: () => tf.matMul(tf.tensor3d([LEFT, LEFT]), tf.stack([tf.tensor2d(RIGHT), tf.mul(RIGHT, 2)])),
    expected: [...PRODUCT, 10, 14, 28, 26],
  },
  {
    name: 'matMul of many rows',
    compute: () => tf.matMul(rowNumbers(), columnNumbers()),
    expected: numbers(ROWS * COLUMNS, (i) => INNER * Math.floor(i / COLUMNS) * (i % COLUMNS)),
  },
  {
    name: 'softmax',
    compute: () =>
      tf.softmax(
        tf.tensor2d([
          [0, Math.LN2, Math.log(5)],
          [9, 9, 9 + Math.LN2],
        ]),
      ),
    expected: [1 / 8, 2 / 8, 5 / 8, 1 / 4, 1 / 4, 1 / 2],
  },
  { name: 'sum over axis 0', compute: () => tf.sum(cube(), 0), expected: [8, 10, 12, 14, 16, 18] },
  { name: 'sum over axis 1', compute: () => tf.sum(cube(), 1), expected: [9, 12, 27, 30] },
  { name: 'sum over axis 2', compute: () => tf.sum(cube(), 2), expected: [3, 7, 11, 15, 19, 23] },
  { name: 'sum of all', compute: () => tf.sum(cube()), expected: [78] },
  {
    name: 'sum over axis 0 of many rows',
    compute: () => tf.sum(rowNumbers(), 0),
    expected: numbers(INNER, () => (ROWS * (ROWS - 1)) / 2),
  },
  { name: 'mean over axis 0', compute: () => tf.mean(cube(), 0), expected: [4, 5, 6, 7, 8, 9] },
  { name: 'mean over axis 1', compute: () => tf.mean(cube(), 1), expected: [3, 4, 9, 10] },
  { name: 'mean over axis 2', compute: () => tf.mean(cube(), 2), expected: [1.5, 3.5, 5.5, 7.5, 9.5, 11.5] },
  { name: 'mask by comparison', compute: mask, expected: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1] },
  {
    name: 'product with a cast comparison',
    compute: () => tf.sum(tf.mul(cube(), tf.cast(isLarge(), 'float32')), 2),
    expected: [0, 0, 6, 15, 19, 23],
  },
  { name: 'sum of a mask over axis 0', compute: () => tf.sum(mask(), 0), expected: [1, 1, 1, 1, 1, 2] },
  { name: 'sum of a mask over axis 1', compute: () => tf.sum(mask(), 1), expected: [0, 1, 3, 3] },
  { name: 'sum of a mask over axis 2', compute: () => tf.sum(mask(), 2), expected: [0, 0, 1, 2, 2, 2] },
  { name: 'mean of a mask over axis 1', compute: () => tf.mean(mask(), 1), expected: [0, 1 / 3, 1, 1] },
  {
    name: 'gather',
    compute: () => tf.gather(RIGHT, tf.tensor1d([2, 0, 1, 2], 'int32')),
    expected: [0, 3, 1, 0, 2, -1, 0, 3],
  },
  {
    name: 'pad, slice and concat',
    compute: neighbours,
    expected: [0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 0, 0],
  },
  { name: 'topk, values', compute: () => tf.topk(SCORES, 2).values, expected: [9, 7, 8, 6] },
  { name: 'topk, indices', compute: () => tf.topk(SCORES, 2).indices, expected: [1, 3, 2, 3] },
  {
    name: 'transpose',
    compute: () => tf.transpose(cube(), [2, 0, 1]),
    expected: [1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12],
  },
  {
    name: 'mul and add with broadcasting',
    compute: () => tf.add(tf.mul(LEFT, [10, 100, 1000]), [[1], [2]]),
    expected: [11, 201, 3001, 42, 502, 6002],
  },
  { name: 'exp', compute: () => tf.exp([0, Math.LN2, -Math.LN2]), expected: [1, 2, 0.5] },
  { name: 'rsqrt', compute: () => tf.rsqrt([4, 0.25]), expected: [0.5, 2] },
  { name: 'tanh', compute: () => tf.tanh([0, Math.log(3), -Math.log(3)]), expected: [0, 0.8, -0.8] },
  { name: 'erf', compute: () => tf.erf([0, 0.5, -2]), expected: [0, 0.5205, -0.9953] },
  { name: 'relu', compute: () => tf.relu([-3, 0, 4]), expected: [0, 0, 4] },
];
