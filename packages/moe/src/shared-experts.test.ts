import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, leaves, normal, type Params, trainable } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initTaskMoe, joinExperts, splitExperts, taskMoe } from './index';

const positive = (max: number) => fc.integer({ min: 1, max });

describeEachBackend('shared experts', () => {
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
        const values = (tree: Params) =>
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
