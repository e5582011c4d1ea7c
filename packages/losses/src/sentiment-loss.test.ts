import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { expectNumericGradient } from '../test/numeric-gradient';
import fixture from './__fixtures__/losses.json' with { type: 'json' };
import { sentimentLoss } from './sentiment-loss';

describeEachBackend('sentimentLoss', () => {
  test('by hand: only labelled samples count', () => {
    const loss = sentimentLoss(tf.tensor1d([1, 5, -2]), tf.tensor1d([3, 0, -1]), tf.tensor1d([1, 0, 1]));
    expect(loss.dataSync()[0]).toBe(1.5);
  });

  test("is torch's, with its gradient", () => {
    const { predictions, labels, present, loss, gradient } = fixture.sentiment;
    const { value, grad } = tf.valueAndGrad((p) =>
      sentimentLoss(p as tf.Tensor1D, tf.tensor1d(labels), tf.tensor1d(present)),
    )(tf.tensor1d(predictions));
    expect(value.dataSync()[0]).toBeCloseTo(loss, 6);
    for (const [i, g] of grad.dataSync().entries()) expect(g).toBeCloseTo(gradient[i]!, 6);
  });

  test('agrees with finite differences', () => {
    const labels = tf.tensor1d([1, -2, 0.5, 3]);
    const present = tf.tensor1d([1, 1, 0, 1]);
    expectNumericGradient(tf.tensor1d([0.25, -1, 2, 2.5]), (p) => sentimentLoss(p as tf.Tensor1D, labels, present));
  });

  test('is 0 with zero gradient where nothing is labelled', () => {
    const { value, grad } = tf.valueAndGrad((p) => sentimentLoss(p as tf.Tensor1D, tf.tensor1d([9, 9]), tf.zeros([2])))(
      tf.tensor1d([1, 2]),
    );
    expect(value.dataSync()[0]).toBe(0);
    expect([...grad.dataSync()].map(Math.abs)).toEqual([0, 0]);
  });

  test('a label of NaN that is marked absent is never met', () => {
    const [labels, present] = [tf.tensor1d([1, Number.NaN, 2]), tf.tensor1d([1, 0, 1])];
    const f = (p: tf.Tensor) => sentimentLoss(p as tf.Tensor1D, labels, present);
    const { value, grad } = tf.valueAndGrad(f)(tf.tensor1d([2, 3, 4]));
    expect(value.dataSync()[0]).toBe(1.5);
    expect([...grad.dataSync()]).toEqual([0.5, 0, 0.5]);
  });

  test('leaves one tensor behind: the loss', () => {
    const inputs = [tf.tensor1d([1, 2]), tf.tensor1d([1, 1]), tf.tensor1d([1, 1])] as const;
    const before = tf.memory().numTensors;
    sentimentLoss(...inputs).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses shapes that would broadcast', () => {
    const [labels, present] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 1])];
    const column = tf.tensor2d([[1], [2]]) as unknown as tf.Tensor1D;
    expect(() => sentimentLoss(column, labels, present)).toThrow('sentimentLoss labels: expected [2, 1], got [2]');
    expect(() => sentimentLoss(labels, labels, tf.ones([1]))).toThrow('sentimentLoss present: expected [2], got [1]');
  });
});
