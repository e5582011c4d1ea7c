import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { embedding } from './embedding';

describeEachBackend('embedding', () => {
  const table = () => tf.tensor2d([0, 1, 10, 11, 20, 21, 30, 31], [4, 2]);
  const ids = () => tf.tensor2d([2, 0, 2, 3, 2, 0], [2, 3], 'int32');

  test('gives the rows', () => {
    expect(embedding(table(), ids()).arraySync()).toEqual([
      [
        [20, 21],
        [0, 1],
        [20, 21],
      ],
      [
        [30, 31],
        [20, 21],
        [0, 1],
      ],
    ]);
  });

  test('a row read several times gets the sum of its gradients, an unread one zero', () => {
    const weight = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 3, 2]);
    const gradient = tf.grad((t) => tf.sum(tf.mul(embedding(t as tf.Tensor2D, ids()), weight)))(table());
    expect(gradient.arraySync()).toEqual([
      [3 + 11, 4 + 12],
      [0, 0],
      [1 + 5 + 9, 2 + 6 + 10],
      [7, 8],
    ]);
  });
});
