import { describeEachBackend } from '@mmolre/backend/test';
import { countParams, createRng, normal } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { initLowRankExpert, lowRankExpert } from './index';

describeEachBackend('lowRankExpert', () => {
  test('adds the neighbours it sees through a rank-1 bottleneck', () => {
    const params = {
      down: tf.ones<tf.Rank.R3>([3, 2, 1]),
      downBias: tf.zeros<tf.Rank.R1>([1]),
      up: tf.tensor2d([[1, 2]]),
      upBias: tf.zeros<tf.Rank.R1>([2]),
    };
    const output = lowRankExpert(
      params,
      tf.tensor3d([
        [
          [1, 0],
          [0, 2],
          [3, 0],
        ],
      ]),
    );
    expect(output.arraySync()).toEqual([
      [
        [3, 6],
        [6, 12],
        [5, 10],
      ],
    ]);
  });

  test('its gradient is that of finite differences', () => {
    const rng = createRng(1);
    const params = initLowRankExpert({ dModel: 4, rank: 2 }, rng);
    const [x, step] = [normal<tf.Rank.R3>([2, 3, 4], 1, rng), normal<tf.Rank.R3>([2, 3, 4], 1, rng)];
    const loss = (x: tf.Tensor) => tf.sum(tf.square(lowRankExpert(params, x as tf.Tensor3D)));
    const slope = tf.sum(tf.mul(tf.grad(loss)(x), step)).dataSync()[0]!;
    // The loss is quadratic, so that central differences are exact but for rounding.
    const [after, before] = [loss(tf.add(x, step)), loss(tf.sub(x, step))].map((value) => value.dataSync()[0]!);
    expect((after! - before!) / 2 / slope).toBeCloseTo(1, 4);
  });

  test('holds 4·D·R weights and D + R biases', () => {
    expect(countParams(initLowRankExpert({ dModel: 12, rank: 5 }, createRng(1)))).toBe(4 * 12 * 5 + 12 + 5);
  });

  test('applies an activation between its two convolutions', () => {
    const params = initLowRankExpert({ dModel: 4, rank: 2 }, createRng(1));
    const output = lowRankExpert(params, tf.ones([1, 3, 4]), (hidden) => tf.zerosLike(hidden));
    expect([...output.dataSync()]).toEqual(Array(12).fill(0));
  });

  test('refuses an input of another width', () => {
    const params = initLowRankExpert({ dModel: 4, rank: 2 }, createRng(1));
    expect(() => lowRankExpert(params, tf.ones([2, 5, 3]))).toThrow(
      'lowRankExpert x: expected [B, T, 4], got [2, 5, 3]',
    );
  });
});
