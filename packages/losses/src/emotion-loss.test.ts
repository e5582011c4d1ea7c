import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { defaultThreshold, emotionLoss, emotionProbabilities } from './index';

const KINDS = ['bce', 'softmax-ce'] as const;
type Kind = (typeof KINDS)[number];

describeEachBackend('emotionLoss', () => {
  const lossOf = (kind: Kind, logits: number[][], labels: number[][], present: number[]) =>
    emotionLoss(tf.tensor2d(logits), tf.tensor2d(labels), tf.tensor1d(present), { kind }).dataSync()[0]!;
  const gradientOf = (kind: Kind, logits: number[][], labels: number[][], present: number[]) => {
    const loss = (z: tf.Tensor) => emotionLoss(z as tf.Tensor2D, tf.tensor2d(labels), tf.tensor1d(present), { kind });
    return [...tf.grad(loss)(tf.tensor2d(logits)).dataSync()];
  };
  const near = (got: number[], want: number[], digits: number) => {
    expect(got.length).toBe(want.length);
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(want[i]!, digits);
    });
  };

  test('bce by hand: log 2 where undecided, and the mean over emotions and labelled samples', () => {
    expect(lossOf('bce', [[0, 0]], [[1, 0]], [1])).toBeCloseTo(Math.log(2), 6);
    const odds = [[Math.log(3), -Math.log(3)]]; // probabilities 3/4 and 1/4
    expect(lossOf('bce', odds, [[1, 0]], [1])).toBeCloseTo(-Math.log(0.75), 6);
    expect(lossOf('bce', odds, [[0, 0]], [1])).toBeCloseTo((-Math.log(0.25) - Math.log(0.75)) / 2, 6);
    expect(
      lossOf(
        'bce',
        [...odds, [0, 0], [9, 9]],
        [
          [1, 0],
          [1, 1],
          [0, 0],
        ],
        [1, 1, 0],
      ),
    ).toBeCloseTo((-Math.log(0.75) + Math.log(2)) / 2, 6);
  });

  test('bce stays exact for logits of any size', () => {
    expect(lossOf('bce', [[100, -100, 1000, -1000]], [[1, 0, 0, 1]], [1])).toBeCloseTo(2000 / 4, 3);
    expect(lossOf('bce', [[-80, 12]], [[0, 1]], [1])).toBeCloseTo(Math.log1p(Math.exp(-12)) / 2, 7);
    near(gradientOf('bce', [[1000, -1000]], [[0, 1]], [1]), [0.5, -0.5], 6);
  });

  test('bce’s gradient is probability minus label, at a logit of 0 too', () => {
    near(gradientOf('bce', [[0, 0, Math.log(3)]], [[1, 0, 1]], [1]), [-0.5 / 3, 0.5 / 3, -0.25 / 3], 6);
  });

  test('softmax-ce by hand: the summed log-probabilities of the emotions present', () => {
    const logits = [[0, Math.log(2), Math.log(5)]]; // probabilities 1/8, 2/8, 5/8
    expect(lossOf('softmax-ce', logits, [[1, 0, 1]], [1])).toBeCloseTo(-Math.log(1 / 8) - Math.log(5 / 8), 6);
    expect(lossOf('softmax-ce', logits, [[0, 0, 0]], [1])).toBeCloseTo(0, 6);
    expect(
      lossOf(
        'softmax-ce',
        [...logits, [9, 9, 9]],
        [
          [0, 1, 0],
          [1, 1, 1],
        ],
        [1, 0],
      ),
    ).toBeCloseTo(-Math.log(1 / 4), 6);
  });

  describe.each(KINDS)('%s', (kind) => {
    const [logits, labels] = [
      [
        [0.3, -1.2, 2],
        [-0.7, 0.1, 0.9],
      ],
      [
        [1, 0, 0],
        [0, 1, 1],
      ],
    ];

    test('is 0 with zero gradient where nothing is labelled', () => {
      expect(lossOf(kind, logits, labels, [0, 0])).toBeCloseTo(0, 12);
      expect(gradientOf(kind, logits, labels, [0, 0]).map(Math.abs)).toEqual(Array(6).fill(0));
    });

    test('its gradient is that of finite differences', () => {
      const gradient = gradientOf(kind, logits, labels, [1, 1]);
      const step = 1 / 32;
      gradient.forEach((slope, i) => {
        const moved = (by: number) => logits.map((row, b) => row.map((z, c) => (b * 3 + c === i ? z + by : z)));
        const rise = lossOf(kind, moved(step), labels, [1, 1]) - lossOf(kind, moved(-step), labels, [1, 1]);
        expect(slope).toBeCloseTo(rise / (2 * step), 3);
      });
    });

    test('leaks no tensor', () => {
      const inputs = [tf.tensor2d(logits), tf.tensor2d(labels), tf.ones<tf.Rank.R1>([2]), { kind }] as const;
      const before = tf.memory().numTensors;
      emotionLoss(...inputs).dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  test('probabilities are those the loss trains, and thresholds lie between', () => {
    const logits = tf.tensor2d([[0, Math.log(3)]]);
    near([...emotionProbabilities(logits, 'bce').dataSync()], [0.5, 0.75], 6);
    near([...emotionProbabilities(logits, 'softmax-ce').dataSync()], [0.25, 0.75], 6);
    expect([defaultThreshold('bce', 6), defaultThreshold('softmax-ce', 6)]).toEqual([0.5, 1 / 6]);
  });
});
