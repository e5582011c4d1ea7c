import { describeEachBackend } from '@mmolre/backend/test';
import { applyMask, createRng, leaves, normal, trainable } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initTaskMoe, joinExperts, lowRankExpert, splitExperts, taskMoe } from './index';

const positive = (max: number) => fc.integer({ min: 1, max });
const shapes = fc
  .record({
    D: fc.constantFrom(4, 5, 8, 13),
    T: positive(6),
    ranks: fc.array(positive(5), { minLength: 1, maxLength: 6 }),
    lengths: fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
    k: positive(6),
    gelu: fc.boolean(),
    renormaliseGates: fc.boolean(),
    seed: fc.integer(),
  })
  .map((shape) => ({ ...shape, topK: Math.min(shape.k, shape.ranks.length) }));

describeEachBackend('shared experts', () => {
  test('the fused form equals the sum over single experts, within 1e-5', () => {
    fc.assert(
      fc.property(shapes, ({ D, T, ranks, lengths, topK, gelu, renormaliseGates, seed }) => {
        tf.engine().startScope();
        const rng = createRng(seed);
        const expertActivation = gelu ? 'gelu' : 'identity';
        const options = {
          ranks,
          topK,
          expertActivation,
          routerActivation: 'gelu',
          renormaliseGates,
          residual: false,
          norm: false,
        } as const;
        const params = initTaskMoe({ ...options, dModel: D, tasks: ['t'], taskRank: 2 }, rng);
        params.shared.upBias = normal<tf.Rank.R2>([ranks.length, D], 1, rng);
        params.shared.downBias = normal<tf.Rank.R1>(params.shared.downBias.shape, 1, rng);
        const rows = lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0)));
        const mask = tf.tensor2d(rows, [lengths.length, T]);
        const x = applyMask(normal<tf.Rank.R3>([lengths.length, T, D], 1, rng), mask);

        const fused = (x: tf.Tensor) => taskMoe(params, x as tf.Tensor3D, mask, options).t!.output;
        const { gates } = taskMoe(params, x, mask, options).t!;
        const activation = (h: tf.Tensor3D) => (gelu ? geluOf(h) : h);
        const loop = (x: tf.Tensor) => {
          const weighted = splitExperts(params.shared, ranks).map((expert, n) => {
            const gate = tf.reshape(tf.slice(gates, [0, n], [lengths.length, 1]), [lengths.length, 1, 1]);
            return tf.mul(lowRankExpert(expert, x as tf.Tensor3D, activation), gate);
          });
          const own = lowRankExpert(params.tasks.t!.expert, x as tf.Tensor3D, activation);
          return applyMask(tf.addN([...weighted, own]) as tf.Tensor3D, mask);
        };
        expect(relativeError(fused(x), loop(x))).toBeLessThan(1e-5);
        expect([...gates.dataSync()].filter((gate) => gate > 0).length).toBe(lengths.length * topK);
        tf.engine().endScope();
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('joining and splitting are each other’s inverse, whatever the ranks', () => {
    fc.assert(
      fc.property(fc.array(positive(4), { minLength: 1, maxLength: 5 }), fc.integer(), (ranks, seed) => {
        const rng = createRng(seed);
        const experts = ranks.map((rank) => ({
          down: normal<tf.Rank.R3>([3, 4, rank], 1, rng),
          downBias: normal<tf.Rank.R1>([rank], 1, rng),
          up: normal<tf.Rank.R2>([rank, 4], 1, rng),
          upBias: normal<tf.Rank.R1>([4], 1, rng),
        }));
        const joined = joinExperts(experts);
        const values = (tree: typeof experts | typeof joined) =>
          [...leaves(tree)].map(([path, leaf]) => [path, leaf.shape, [...leaf.dataSync()]]);
        const split = splitExperts(joined, ranks);
        expect(values(split)).toEqual(values(experts));
        expect(values(joinExperts(split))).toEqual(values(joined));
        tf.dispose([experts, joined, split]);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test('an expert that no sample selects gets no gradient', () => {
    const ranks = [1, 2, 3];
    const options = {
      ranks,
      topK: 1,
      expertActivation: 'identity',
      routerActivation: 'gelu',
      renormaliseGates: false,
      residual: false,
      norm: false,
    } as const;
    const params = trainable(initTaskMoe({ ...options, dModel: 4, tasks: ['t'], taskRank: 1 }, createRng(1)));
    params.tasks.t!.router.gate.bias = tf.tensor1d([-20, 20, -20]);
    const mask = tf.ones<tf.Rank.R2>([2, 3]);
    const x = normal<tf.Rank.R3>([2, 3, 4], 1, createRng(2));
    const up = params.shared.up as tf.Variable;
    const loss = () => tf.sum(tf.square(taskMoe(params, x, mask, options).t!.output)) as tf.Scalar;
    const gradient = tf.variableGrads(loss, [up as tf.Variable]).grads[up.name]!.arraySync() as number[][];
    const reached = gradient.map((row) => row.some((value) => value !== 0));
    expect(reached).toEqual([false, true, true, false, false, false]);
  });
});

function geluOf(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))));
}
