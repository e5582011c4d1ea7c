import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { adamWStep, disposeAdamW, disposeParams, initAdamW, leaves, trainable, variables } from './index';
import { kernels } from './kernels/kernels';
import { plain } from './kernels/plain';
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
      const state = initAdamW(variables(params));
      const config = { weightDecay: 0.01, maxGradNorm };
      for (let step = 1; step <= 20; step++) {
        adamWStep(state, config, lossOf(fixture.tree<Pair>(`g.${step}`), params), 1e-2);
        if (![1, 5, 20].includes(step)) continue;
        for (const [path, leaf] of leaves(params)) {
          const want = fixture.get(`${variant}.after.${step}.${path}`);
          expect(relativeError(leaf, want), `${path} after ${step}`).toBeLessThan(1e-5);
        }
      }
      disposeAdamW(state);
      disposeParams(params);
    });
  });

  test('a large variable is updated as its parts would be', () => {
    const size = 2 ** 19 + 5;
    const start = tf.cos(tf.range(0, size)) as tf.Tensor1D;
    const slope = tf.sin(tf.range(0, size)) as tf.Tensor1D;
    const walk = (begin: number, length: number) => {
      const params = trainable({ w: tf.slice(start, [begin], [length]) });
      const state = initAdamW(variables(params));
      const loss = () => tf.sum(tf.mul(params.w, tf.slice(slope, [begin], [length]))) as tf.Scalar;
      for (let step = 0; step < 3; step++) adamWStep(state, { weightDecay: 0.01 }, loss, 1e-2);
      disposeAdamW(state);
      return params.w;
    };
    const whole = walk(0, size);
    for (const [begin, length] of [
      [0, 7],
      [2 ** 19 - 3, 8],
    ] as const) {
      expect(relativeError(tf.slice(whole, [begin], [length]), walk(begin, length))).toBeLessThan(1e-6);
    }
  });

  test('variables that only some steps reach walk as each would alone', () => {
    // Which of the three the loss reads in each step; a layer that is skipped at random does this.
    const reads = ['abc', 'ab', 'c', 'abc', 'b', 'ac'];
    const start = { a: [1, -2, 3], b: [0.5], c: [4, 4] };
    const walk = (names: string[]) => {
      const params = trainable(Object.fromEntries(names.map((name) => [name, tf.tensor1d(start[name as 'a'])])));
      const state = initAdamW(variables(params));
      for (const read of reads) {
        const reached = names.filter((name) => read.includes(name));
        if (reached.length === 0) continue;
        const loss = () => tf.addN(reached.map((name) => tf.sum(tf.square(params[name]!)))) as tf.Scalar;
        adamWStep(state, { weightDecay: 0.1 }, loss, 0.1);
      }
      disposeAdamW(state);
      return params;
    };
    const together = walk(['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c']) {
      expect(relativeError(together[name]!, walk([name])[name]!), name).toBeLessThan(1e-6);
    }
  });

  test('by plain operations it is the same', () => {
    const shapes: number[][] = [[50], [3, 7], []];
    const step = { gradScale: 0.5, learningRate: 0.1, weightDecay: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };
    const [one, other] = [kernels(), plain].map((kernels) => {
      const zeros = shapes.map((shape) => tf.zeros(shape));
      const moments = kernels.adamMoments(zeros, zeros);
      let values: tf.Tensor[] = shapes.map((shape) => tf.randomNormal(shape as [number], 0, 1, 'float32', 1));
      const squares = values.map(kernels.squareSum);
      for (const count of [1, 2, 3])
        values = moments.step(
          values,
          values.map((value) => tf.sin(value)),
          { ...step, count },
        );
      return [...values, ...moments.read().flat(), ...squares];
    });
    expect(one!.map(({ shape }) => shape)).toEqual([...shapes, ...shapes, ...shapes, [], [], []]);
    one!.forEach((tensor, i) => {
      expect(relativeError(tensor, other![i]!)).toBeLessThan(1e-6);
    });
  });

  test('20 steps leak no tensor', () => {
    const fixture = readFixture(url);
    const grads = fixture.tree<Pair>('g.1');
    const params = trainable(fixture.tree<Pair>('start'));
    const list = variables(params);
    const before = tf.memory().numTensors;
    const state = initAdamW(list);
    const step = () => adamWStep(state, { weightDecay: 0.01, maxGradNorm: 0.1 }, lossOf(grads, params), 1e-2);
    step();
    const held = tf.memory().numTensors; // with the moments
    for (let i = 1; i < 20; i++) step();
    expect(tf.memory().numTensors).toBe(held);
    disposeAdamW(state);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('returns the loss before the step, and leaves alone what the loss does not reach', () => {
    const params = trainable({ used: tf.tensor1d([3]), idle: tf.tensor1d([5]) });
    const state = initAdamW(variables(params));
    const loss = adamWStep(state, { weightDecay: 0.5 }, () => tf.sum(tf.square(params.used)), 0.1);
    expect(loss).toBe(9);
    expect(params.used.dataSync()[0]).toBeCloseTo(3 * (1 - 0.1 * 0.5) - 0.1, 5); // Adam's first step is the learning rate
    expect(params.idle.dataSync()[0]).toBe(5);
  });

  test('a variable larger than a group of small ones walks the same way', () => {
    const params = trainable({ small: tf.ones([2, 3]), large: tf.ones([11, 10_000]), other: tf.ones([1]) });
    const state = initAdamW(variables(params));
    for (let step = 0; step < 2; step++) {
      const loss = () => tf.addN([...leaves(params).values()].map((leaf) => tf.sum(leaf))) as tf.Scalar;
      adamWStep(state, { weightDecay: 0.5 }, loss, 0.1);
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
    disposeAdamW(state);
    disposeParams(params);
  });

  test('a loss or a gradient that is no number is an error, and changes nothing', () => {
    const params = trainable({ p: tf.tensor1d([0]) });
    const before = tf.memory().numTensors;
    const state = initAdamW(variables(params));
    for (const loss of [() => tf.sum(tf.div(params.p, 0)), () => tf.sum(tf.sqrt(params.p))]) {
      expect(() => adamWStep(state, { weightDecay: 0, maxGradNorm: 1 }, loss as () => tf.Scalar, 0.1)).toThrow(
        'the loss or its gradient is not a finite number after 0 steps: lower the learning rate',
      );
    }
    expect(params.p.dataSync()[0]).toBe(0);
    disposeAdamW(state);
    expect(tf.memory().numTensors).toBe(before);
  });
});
