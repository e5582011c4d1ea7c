import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, normal } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { balanceLoss, initRouter, router } from './index';

describeEachBackend('router', () => {
  const probs = () =>
    tf.tensor2d([
      [0.1, 0.5, 0.15, 0.25],
      [0.4, 0.3, 0.2, 0.1],
    ]);

  test('rows sum to 1, and frames beyond the mask have no say', () => {
    const params = initRouter(8, 5, createRng(1));
    const x = normal<tf.Rank.R3>([2, 6, 8], 1, createRng(2));
    const mask = tf.tensor2d([
      [1, 1, 1, 1, 1, 1],
      [1, 1, 0, 0, 0, 0],
    ]);
    const gates = router(params, x, mask, 'gelu');
    expect(gates.shape).toEqual([2, 5]);
    for (const sum of tf.sum(gates, 1).dataSync()) expect(sum).toBeCloseTo(1, 6);
    const noise = tf.mul(tf.expandDims(tf.sub(1, mask), 2), 9) as tf.Tensor3D;
    expect(relativeError(router(params, tf.add(x, noise), mask, 'gelu'), gates)).toBeLessThan(1e-6);
  });

  test('a sample without a real frame gets gates too', () => {
    const gates = router(initRouter(8, 5, createRng(1)), tf.ones([1, 3, 8]), tf.zeros([1, 3]), 'gelu');
    expect(tf.sum(gates).dataSync()[0]).toBeCloseTo(1, 6);
  });

  test('balanceLoss by hand: sample variance over squared mean of the mean gates', () => {
    expect(
      balanceLoss(
        tf.tensor2d([
          [0.5, 0.5],
          [0.5, 0.5],
        ]),
      ).dataSync()[0],
    ).toBe(0);
    expect(
      balanceLoss(
        tf.tensor2d([
          [1, 0],
          [0, 1],
        ]),
      ).dataSync()[0],
    ).toBe(0);
    expect(
      balanceLoss(
        tf.tensor2d([
          [1, 0],
          [0.5, 0.5],
        ]),
      ).dataSync()[0],
    ).toBeCloseTo((2 * 0.25 ** 2) / (2 - 1) / 0.5 ** 2, 6);
    expect(balanceLoss(tf.ones([3, 1])).dataSync()[0]).toBe(0);
  });

  test('the gradient of balanceLoss by hand', () => {
    // c = N / (N - 1) · Σ (m - mean)² / N / mean², m the mean gates: [0.25, 0.4, 0.175, 0.175] with a mean of 1/4.
    // dc/dm_n = 2 / (N - 1) · (m_n - mean) / mean² - 2 · c / (N · mean); each row has half of it.
    const m = [0.25, 0.4, 0.175, 0.175];
    const c = m.reduce((sum, value) => sum + (value - 0.25) ** 2, 0) / 3 / 0.25 ** 2;
    expect(balanceLoss(probs()).dataSync()[0]).toBeCloseTo(c, 6);
    const gradient = [
      ...tf
        .grad((p) => balanceLoss(p as tf.Tensor2D))(probs())
        .dataSync(),
    ];
    const row = m.map((value) => ((2 / 3) * ((value - 0.25) / 0.25 ** 2) - (2 * c) / (4 * 0.25)) / 2);
    [...row, ...row].forEach((value, i) => {
      expect(gradient[i]).toBeCloseTo(value, 5);
    });
  });
});
