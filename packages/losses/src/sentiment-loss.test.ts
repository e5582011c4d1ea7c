import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { sentimentLoss } from './index';

describeEachBackend('sentimentLoss', () => {
  const predictions = () => tf.tensor1d([1, -2, 0.5]);
  const labels = () => tf.tensor1d([3, -2.5, -3]);
  const gradient = (present: number[]) => [
    ...tf
      .grad((p) => sentimentLoss(p as tf.Tensor1D, labels(), tf.tensor1d(present)))(predictions())
      .dataSync(),
  ];

  test('is the mean absolute error over labelled samples', () => {
    expect(sentimentLoss(predictions(), labels(), tf.ones([3])).dataSync()[0]).toBe(2);
    expect(sentimentLoss(predictions(), labels(), tf.tensor1d([1, 1, 0])).dataSync()[0]).toBe(1.25);
  });

  test('pushes each labelled sample towards its label', () => {
    expect(gradient([1, 1, 0])).toEqual([-0.5, 0.5, 0]);
  });

  test('is 0 with zero gradient where nothing is labelled', () => {
    expect(sentimentLoss(predictions(), labels(), tf.zeros([3])).dataSync()[0]).toBe(0);
    expect(gradient([0, 0, 0]).map(Math.abs)).toEqual([0, 0, 0]);
  });

  test('leaks no tensor', () => {
    const inputs = [predictions(), labels(), tf.ones<tf.Rank.R1>([3])] as const;
    const before = tf.memory().numTensors;
    sentimentLoss(...inputs).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
