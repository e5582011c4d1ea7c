import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { expectNumericGradient } from '../test/numeric-gradient';
import fixture from './__fixtures__/losses.json' with { type: 'json' };
import { uncertaintyWeighting } from './uncertainty-weighting';

const scalars = (losses: number[]) => losses.map((loss) => tf.scalar(loss));

describeEachBackend('uncertaintyWeighting', () => {
  test('starts as the plain sum', () => {
    expect(uncertaintyWeighting(scalars([0.75, 2]), tf.zeros([2])).dataSync()[0]).toBe(2.75);
  });

  test("is torch's, with the gradients of the losses and of their log variances", () => {
    const { losses, logVariances, loss, lossGradient, gradient } = fixture.uncertainty;
    const f = (s: tf.Tensor, ...each: tf.Tensor[]) => uncertaintyWeighting(each as tf.Scalar[], s as tf.Tensor1D);
    const { value, grads } = tf.valueAndGrads(f)([tf.tensor1d(logVariances), ...scalars(losses)]);
    expect(value.dataSync()[0]).toBeCloseTo(loss, 6);
    const found = grads.map((grad) => [...grad.dataSync()]);
    expect(found).toEqual(
      [gradient, ...lossGradient.map((g) => [g])].map((row) => row.map((g) => expect.closeTo(g, 6))),
    );
  });

  test('agrees with finite differences, and is lowest at the log of each loss', () => {
    const losses = [0.5, 2];
    const f = (s: tf.Tensor) => uncertaintyWeighting(scalars(losses), s as tf.Tensor1D);
    expectNumericGradient(tf.tensor1d([0.25, -0.5]), f);
    for (const g of tf
      .grad(f)(tf.tensor1d(losses.map(Math.log)))
      .dataSync())
      expect(g).toBeCloseTo(0, 6);
  });

  test('the shares of a batch add up to it', () => {
    const s = tf.tensor1d([0.5, -1.25]);
    const whole = uncertaintyWeighting(scalars([3, 2]), s).dataSync()[0]!;
    const parts = [uncertaintyWeighting(scalars([1, 2]), s, 0.25), uncertaintyWeighting(scalars([2, 0]), s, 0.75)];
    expect(tf.addN(parts).dataSync()[0]).toBeCloseTo(whole, 5);
  });

  test('leaves one tensor behind, and refuses another number of variances', () => {
    const [losses, s] = [scalars([1, 2]), tf.tensor1d([0, 1])];
    const before = tf.memory().numTensors;
    uncertaintyWeighting(losses, s).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => uncertaintyWeighting(losses, tf.zeros([3]))).toThrow('logVariances: expected [2], got [3]');
  });
});
