import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import fixture from './__fixtures__/simcse.json' with { type: 'json' };
import { alignment, uniformity } from './alignment-uniformity';

describeEachBackend('alignment and uniformity', () => {
  test.each(fixture.spaces)("are Wang and Isola's", ({ x, y, ...expected }) => {
    const [first, second] = [tf.tensor2d(x), tf.tensor2d(y)];
    const before = tf.memory().numTensors;
    expect(alignment(first, second)).toBeCloseTo(expected.alignment, 5);
    expect(uniformity(first)).toBeCloseTo(expected.uniformity, 4);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([first, second]);
  });

  test('block by block, as of all pairs at once', () => {
    tf.tidy(() => {
      const x = tf.randomUniform<tf.Rank.R2>([1_500, 3], -1, 1, 'float32', 7);
      const rows = tf.div(x, tf.norm(x, 2, 1, true)).arraySync() as number[][];
      let [sum, pairs] = [0, 0];
      for (let i = 0; i < rows.length; i++) {
        for (let j = 0; j < i; j++) {
          sum += Math.exp(-2 * rows[i]!.reduce((total, value, d) => total + (value - rows[j]![d]!) ** 2, 0));
          pairs += 1;
        }
      }
      expect(uniformity(x)).toBeCloseTo(Math.log(sum / pairs), 4);
    });
  });

  test('equal texts are aligned, and as uneven as can be', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([
        [3, 4],
        [6, 8],
        [0.3, 0.4],
      ]);
      expect(alignment(x, tf.mul(x, 5))).toBeCloseTo(0, 6);
      expect(uniformity(x)).toBeCloseTo(0, 5);
      expect(alignment(x, tf.neg(x))).toBeCloseTo(4, 5);
      expect(() => uniformity(tf.ones([1, 2]))).toThrow('expected at least 2 vectors, got 1');
    });
  });
});
