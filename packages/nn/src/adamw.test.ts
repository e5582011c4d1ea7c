import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { adamW, disposeParams, leaves, trainable, variables } from './index';
import { readFixture, relativeError } from './test';

const url = new URL('./__fixtures__/adamw.safetensors', import.meta.url);
type Pair = Record<'a' | 'b', tf.Tensor>;

/** A loss whose gradient is the given one. */
const lossOf = (grads: Pair, params: Pair) => () =>
  tf.add(tf.sum(tf.mul(grads.a, params.a)), tf.sum(tf.mul(grads.b, params.b))) as tf.Scalar;

describeEachBackend('adamW', () => {
  describe.each([
    ['plain', undefined],
    ['clipped', 1],
  ])('%s', (variant, maxGradNorm) => {
    test('walks as PyTorch does, within 1e-5', () => {
      const fixture = readFixture(url);
      const params = trainable(fixture.tree<Pair>('start'));
      const optimizer = adamW({ weightDecay: 0.01, maxGradNorm });
      for (let step = 1; step <= 20; step++) {
        optimizer.step(lossOf(fixture.tree<Pair>(`g.${step}`), params), variables(params), 1e-2).dispose();
        if (![1, 5, 20].includes(step)) continue;
        for (const [path, leaf] of leaves(params)) {
          const want = fixture.get(`${variant}.after.${step}.${path}`);
          expect(relativeError(leaf, want), `${path} after ${step}`).toBeLessThan(1e-5);
        }
      }
      optimizer.dispose();
      disposeParams(params);
    });
  });

  test('20 steps leak no tensor', () => {
    const fixture = readFixture(url);
    const grads = fixture.tree<Pair>('g.1');
    const params = trainable(fixture.tree<Pair>('start'));
    const list = variables(params);
    const before = tf.memory().numTensors;
    const optimizer = adamW({ weightDecay: 0.01, maxGradNorm: 0.1 });
    const step = () => optimizer.step(lossOf(grads, params), list, 1e-2).dispose();
    step();
    const moments = 2; // of the one group that small variables form
    expect(tf.memory().numTensors).toBe(before + moments);
    for (let i = 1; i < 20; i++) step();
    expect(tf.memory().numTensors).toBe(before + moments);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('returns the loss before the step, and leaves alone what the loss does not reach', () => {
    const params = trainable({ used: tf.tensor1d([3]), idle: tf.tensor1d([5]) });
    const optimizer = adamW({ weightDecay: 0.5 });
    const loss = optimizer.step(() => tf.sum(tf.square(params.used)), variables(params), 0.1);
    expect(loss.dataSync()[0]).toBe(9);
    expect(params.used.dataSync()[0]).toBeCloseTo(3 * (1 - 0.1 * 0.5) - 0.1, 5); // Adam's first step is the learning rate
    expect(params.idle.dataSync()[0]).toBe(5);
  });

  test('a variable larger than a group of small ones walks the same way', () => {
    const params = trainable({ small: tf.ones([2, 3]), large: tf.ones([11, 10_000]), other: tf.ones([1]) });
    const optimizer = adamW({ weightDecay: 0.5 });
    for (let step = 0; step < 2; step++) {
      const loss = () => tf.addN([...leaves(params).values()].map((leaf) => tf.sum(leaf))) as tf.Scalar;
      optimizer.step(loss, variables(params), 0.1).dispose();
    }
    const want = (1 * 0.95 - 0.1) * 0.95 - 0.1; // with a constant gradient, Adam's steps are the learning rate
    for (const [path, leaf] of leaves(params)) {
      const [least, most] = [tf.min(leaf), tf.max(leaf)].map((value) => value.dataSync()[0]!);
      expect(least, path).toBeCloseTo(want, 5);
      expect(most, path).toBeCloseTo(want, 5);
    }
    expect([params.small.shape, params.large.shape]).toEqual([
      [2, 3],
      [11, 10_000],
    ]);
    optimizer.dispose();
    disposeParams(params);
  });

  test('a loss or a gradient that is no number is an error, and changes nothing', () => {
    const params = trainable({ p: tf.tensor1d([0]) });
    const optimizer = adamW({ weightDecay: 0, maxGradNorm: 1 });
    const before = tf.memory().numTensors;
    for (const loss of [() => tf.sum(tf.div(params.p, 0)), () => tf.sum(tf.sqrt(params.p))]) {
      expect(() => optimizer.step(loss as () => tf.Scalar, variables(params), 0.1)).toThrow(
        'the loss or its gradient is not a finite number after 0 steps: lower the learning rate',
      );
    }
    expect(params.p.dataSync()[0]).toBe(0);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
