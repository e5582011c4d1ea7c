import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  assertShape,
  countParams,
  createRng,
  disposeParams,
  freeze,
  leaves,
  mapLeaves,
  mixSeed,
  normal,
  scheduleFactor,
  trainable,
  variables,
} from './index';

const tree = () => ({
  head: { weight: tf.ones([2, 3]), bias: tf.zeros([3]) },
  layers: [{ scale: tf.ones([1]) }, { scale: tf.ones([4]) }],
});
const paths = ['head.weight', 'head.bias', 'layers.0.scale', 'layers.1.scale'];

describe('a parameter tree', () => {
  test('its leaves have paths, in order', () => {
    expect([...leaves(tree()).keys()]).toEqual(paths);
    expect(countParams(tree())).toBe(14);
  });

  test('mapLeaves keeps the form and leaves optional parts out', () => {
    const given: { a: tf.Tensor; norm?: tf.Tensor; list: tf.Tensor[] } = {
      a: tf.ones([2]),
      norm: undefined,
      list: [tf.ones([1])],
    };
    const seen: string[] = [];
    const mapped = mapLeaves(given, (leaf, path) => {
      seen.push(path);
      return tf.mul(leaf, 2);
    });
    expect(seen).toEqual(['a', 'list.0']);
    expect(Object.keys(mapped)).toEqual(['a', 'list']);
    expect(Array.isArray(mapped.list)).toBe(true);
    expect([...mapped.a.dataSync()]).toEqual([2, 2]);
  });

  test('trainable takes the tensors over, freeze takes a part out of training, disposeParams frees all', () => {
    const before = tf.memory().numTensors;
    const params = trainable(tree());
    expect(tf.memory().numTensors).toBe(before + 4);
    expect([...variables(params).keys()]).toEqual(paths);
    freeze(params.layers);
    expect([...variables(params).keys()]).toEqual(['head.weight', 'head.bias']);
    disposeParams(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('plain tensors are no variables', () => {
    expect(variables(tree()).size).toBe(0);
  });
});

describe('assertShape', () => {
  test('numbers must be equal, equal letters must be one size', () => {
    const x = tf.zeros([2, 5, 5]);
    expect(() => assertShape(x, ['B', 'T', 5], 'x')).not.toThrow();
    expect(() => assertShape(x, ['B', 'T', 'T'], 'x')).not.toThrow();
    expect(() => assertShape(x, ['B', 'B', 'T'], 'x')).toThrow('x: expected [B, B, T], got [2, 5, 5]');
    expect(() => assertShape(x, ['B', 'T'], 'x')).toThrow('x: expected [B, T], got [2, 5, 5]');
    expect(() => assertShape(tf.zeros([2, 5, 3]), ['B', 'T', 4], 'lowRankExpert x')).toThrow(
      'lowRankExpert x: expected [B, T, 4], got [2, 5, 3]',
    );
  });
});

describe('random numbers', () => {
  test('are the same on every machine and in every version', () => {
    const rng = createRng(42);
    expect([rng.bits(), rng.bits(), rng.bits()]).toEqual([1695616098, 2913894377, 3538481182]);
    expect([mixSeed(0), mixSeed(1), mixSeed(1, 2), mixSeed(2, 1), mixSeed(-5, 0, 7)]).toEqual([
      493009611, 1059954845, -277109826, -1239064914, 378938490,
    ]);
  });

  test('normal and uniform have the moments they should', () => {
    const [rng, count] = [createRng(1), 20_000];
    const uniform = Array.from({ length: count }, () => rng.uniform());
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(uniform.reduce((a, b) => a + b) / count).toBeCloseTo(0.5, 1.5);
    const values = [...normal([count], 3, rng).dataSync()];
    expect(Math.abs(values.reduce((a, b) => a + b) / count)).toBeLessThan(0.09); // four deviations of the mean
    expect(Math.sqrt(values.reduce((a, b) => a + b * b, 0) / count)).toBeCloseTo(3, 1);
  });

  test('mixed seeds of a run do not meet', () => {
    const seeds = new Set<number>();
    for (let epoch = 0; epoch < 20; epoch++) for (let step = 0; step < 500; step++) seeds.add(mixSeed(1, epoch, step));
    expect(seeds.size).toBe(10_000);
  });
});

test('schedules warm up to 1; a cosine and a line end at 0', () => {
  const schedule = { kind: 'cosine', warmupSteps: 4, totalSteps: 12 } as const;
  const factors = [0, 1, 3, 4, 8, 12, 20].map((step) => scheduleFactor(schedule, step));
  const want = [0.25, 0.5, 1, 1, 0.5, 0, 0];
  want.forEach((factor, i) => {
    expect(factors[i]).toBeCloseTo(factor, 12);
  });
  expect(scheduleFactor({ kind: 'constant' }, 99)).toBe(1);
  expect([0, 1, 2, 99].map((step) => scheduleFactor({ kind: 'constant', warmupSteps: 2 }, step))).toEqual([
    0.5, 1, 1, 1,
  ]);
  const linear = { kind: 'linear', warmupSteps: 2, totalSteps: 6 } as const;
  expect([0, 1, 2, 3, 4, 6, 9].map((step) => scheduleFactor(linear, step))).toEqual([0.5, 1, 1, 0.75, 0.5, 0, 0]);
});
