import { describeEachBackend } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupedConv1d, validLength } from './index';
import { relativeError } from './test';

type Case = {
  B: number;
  T: number;
  K: number;
  G: number;
  c: number;
  o: number;
  stride: number;
  before: number;
  after: number;
};

const cases = fc.record<Case>({
  B: fc.integer({ min: 1, max: 3 }),
  T: fc.integer({ min: 1, max: 40 }),
  K: fc.integer({ min: 1, max: 7 }),
  G: fc.constantFrom(1, 2, 3),
  c: fc.constantFrom(1, 2, 3, 40),
  o: fc.constantFrom(1, 2, 20, 100),
  stride: fc.integer({ min: 1, max: 5 }),
  before: fc.integer({ min: 0, max: 4 }),
  after: fc.integer({ min: 0, max: 4 }),
});

const fits = ({ T, K, before, after }: Case) => T + before + after >= K;

/** A stride over so much padding that no output reads x. */
const unread: Case = { B: 1, T: 1, K: 1, G: 2, c: 1, o: 2, stride: 6, before: 4, after: 0 };

/** The definition, one number at a time. */
function byHand(x: number[][][], w: number[][][], { B, T, K, G, c, o, stride, before, after }: Case): number[][][] {
  const F = Math.floor((T + before + after - K) / stride) + 1;
  const at = (b: number, t: number, channel: number) => x[b]![t]?.[channel] ?? 0;
  const entry = (b: number, f: number, channel: number) => {
    let sum = 0;
    for (let k = 0; k < K; k++)
      for (let i = 0; i < c; i++)
        sum += at(b, f * stride + k - before, Math.floor(channel / o) * c + i) * w[k]![i]![channel]!;
    return sum;
  };
  return Array.from({ length: B }, (_, b) =>
    Array.from({ length: F }, (_, f) => Array.from({ length: G * o }, (_, channel) => entry(b, f, channel))),
  );
}

const random = (shape: [number, number, number], seed: number) =>
  tf.randomNormal<tf.Rank.R3>(shape, 0, 1, 'float32', seed);
const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0]!;

describe('validLength', () => {
  test('the frames of 6 s of audio through the convolutions of Data2Vec-audio', () => {
    const kernels = [10, 3, 3, 3, 3, 2, 2];
    const lengths = kernels.map((kernel, i) => ({ kernel, stride: i === 0 ? 5 : 2 }));
    expect(lengths.reduce((length, { kernel, stride }) => validLength(length, kernel, stride), 96_000)).toBe(299);
    expect(validLength(1, 2, 1)).toBe(0);
  });
});

describeEachBackend('groupedConv1d', () => {
  const read = (given: Case) => {
    const x = random([given.B, given.T, given.G * given.c], 1);
    const weight = random([given.K, given.c, given.G * given.o], 2);
    const options = { groups: given.G, stride: given.stride, padding: [given.before, given.after] as const };
    return { x, weight, run: (x: tf.Tensor3D, weight: tf.Tensor3D) => groupedConv1d(x, weight, undefined, options) };
  };

  test('is the convolution, for any kernel, stride, groups and padding', () => {
    fc.assert(
      fc.property(cases.filter(fits), (given) => {
        tf.tidy(() => {
          const { x, weight, run } = read(given);
          const want = tf.tensor3d(byHand(x.arraySync(), weight.arraySync(), given));
          const got = run(x, weight);
          expect(got.shape).toEqual(want.shape);
          expect(relativeError(got, want)).toBeLessThan(1e-5);
        });
      }),
      { numRuns: 100, seed: 1, examples: [[unread]] },
    );
  });

  // It is linear in x and in the weight, so both gradients must be its adjoints: <y(x, w), dy> = <x, dx> = <w, dw>.
  test('its gradients are its adjoints', () => {
    fc.assert(
      fc.property(cases.filter(fits), (given) => {
        tf.tidy(() => {
          const { x, weight, run } = read(given);
          const y = run(x, weight);
          const dy = random(y.shape, 3);
          const [dx, dWeight] = tf.grads((x: tf.Tensor, w: tf.Tensor) => run(x as tf.Tensor3D, w as tf.Tensor3D))(
            [x, weight],
            tf.clone(dy),
          );
          const scale = 1e-4 * (1 + tf.norm(y).dataSync()[0]! * tf.norm(dy).dataSync()[0]!);
          // Against other directions too: what an adjoint of another map would miss.
          for (const other of [x, random(x.shape, 4)]) {
            expect(Math.abs(dot(run(other, weight), dy) - dot(other, dx!))).toBeLessThan(scale);
          }
          for (const other of [weight, random(weight.shape, 5)]) {
            expect(Math.abs(dot(run(x, other), dy) - dot(other, dWeight!))).toBeLessThan(scale);
          }
        });
      }),
      { numRuns: 100, seed: 1, examples: [[unread]] },
    );
  });

  test('adds the bias, and gives it its gradient', () => {
    const x = tf.tensor3d([[[1], [2], [3], [4]]]);
    const weight = tf.tensor3d([[[1, 10]], [[2, 20]]]);
    expect(groupedConv1d(x, weight, tf.tensor1d([0.5, 1]), { stride: 2 }).arraySync()).toEqual([
      [
        [5.5, 51],
        [11.5, 111],
      ],
    ]);
    const dBias = tf.grad((bias) => groupedConv1d(x, weight, bias as tf.Tensor1D, { stride: 2 }))(tf.tensor1d([0, 0]));
    expect([...dBias.dataSync()]).toEqual([2, 2]);
  });

  test('leaks no tensor, with a gradient or without', () => {
    const [x, weight, bias] = [random([2, 30, 6], 1), random([5, 2, 9], 2), tf.zeros<tf.Rank.R1>([9])];
    const run = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
      groupedConv1d(x as tf.Tensor3D, w as tf.Tensor3D, b as tf.Tensor1D, { groups: 3, padding: [2, 2] });
    const before = tf.memory().numTensors;
    run(x, weight, bias).dispose();
    tf.dispose(tf.grads(run)([x, weight, bias]));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('says what does not fit', () => {
    const weight = random([4, 2, 9], 1);
    const call = (x: tf.Tensor3D, groups: number) => () => groupedConv1d(x, weight, undefined, { groups });
    expect(call(random([1, 9, 5], 1), 3)).toThrow('groupedConv1d x: expected [B, T, 6] (3 groups of 2), got [1, 9, 5]');
    expect(call(random([1, 9, 4], 1), 2)).toThrow('2 groups do not divide 9 output channels');
    expect(call(random([1, 3, 6], 1), 3)).toThrow('expected at least 4 frames for a kernel of 4, got 3');
  });
});
