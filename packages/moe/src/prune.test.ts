import { describeEachBackend } from '@mmolre/backend/test';
import { countParams, createRng, disposeParams, normal, trainable } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import {
  addUsage,
  initUniTse,
  type Mixture,
  pruneExperts,
  readGates,
  type TaskMoeConfig,
  type TaskMoeOptions,
  type TaskMoeParams,
  taskMoe,
  type Usage,
  uniTse,
} from './index';

const config: TaskMoeConfig = {
  dModel: 8,
  tasks: ['sentiment', 'emotion'],
  ranks: [3, 1, 2, 4, 2, 5, 1, 3, 2],
  taskRank: 2,
  topK: 2,
  expertActivation: 'identity',
  routerActivation: 'gelu',
  renormaliseGates: false,
  residual: false,
  norm: true,
};
const MODALITIES = ['text', 'audio'] as const;
const FRAMES = 4;
const mask = (B: number) => tf.ones<tf.Rank.R2>([B, FRAMES]);

/** What each block gives, with its own ranks. */
const run = (blocks: readonly TaskMoeParams[], x: tf.Tensor3D, options: readonly TaskMoeOptions[]) =>
  uniTse(blocks, x, mask(x.shape[0]), options).blocks;

/** The blocks of one modality, pruned by what a few samples select. */
function prune(mixture: Mixture, upKernel: 1 | 3, seed: number) {
  const rng = createRng(seed);
  const options = { ...config, mixture, upKernel };
  const blocks = initUniTse(options, 2, rng);
  for (const { shared } of blocks) shared.upBias = normal<tf.Rank.R2>([config.ranks.length, 8], 1, rng);
  const x = normal<tf.Rank.R3>([2, FRAMES, 8], 1, rng);
  const before = run(blocks, x, [options, options]);
  const usage = addUsage([], readGates(before));
  const pruned = blocks.map((block, i) => pruneExperts(block, options, usage[i]!));
  return { options, blocks, x, before, pruned, params: pruned.map((block) => block.params), rng };
}

describeEachBackend('pruneExperts', () => {
  beforeEach(() => {
    tf.engine().startScope();
    return () => tf.engine().endScope();
  });

  const kinds: [Mixture, 1 | 3][] = [
    ['mmolre', 1],
    ['mmoe', 1],
    ['ple', 1],
    ['mmolre', 3],
  ];
  test.each(kinds)(
    '%s, kernel %i: the outputs on the data stay, in two blocks and both modalities',
    (mixture, kernel) => {
      MODALITIES.forEach((modality, m) => {
        const { options, blocks, x, before, pruned, params } = prune(mixture, kernel, 1 + m);
        for (const form of ['loop', 'fused', 'sparse'] as const) {
          const after = run(
            params,
            x,
            pruned.map((block) => ({ ...block.options, form })),
          );
          after.forEach((block, i) => {
            for (const [task, { output, gates }] of Object.entries(block)) {
              expect(relativeError(output, before[i]![task]!.output), `${modality} ${form}`).toBeLessThan(1e-6);
              expect(relativeError(gates, before[i]![task]!.gates), `${modality} ${form}`).toBeLessThan(1e-6);
            }
          });
        }
        pruned.forEach((block, i) => {
          expect(block.pruned.length).toBeGreaterThan(0);
          const gone = block.pruned.reduce((sum, n) => sum + config.ranks[n]! * (3 * 8 + 1 + kernel * 8), 0);
          expect(countParams(block.params)).toBe(countParams(blocks[i]!) - gone);
          const biases = block.params.shared.upBias.arraySync();
          biases.forEach((row, n) => {
            expect(row.every((value) => value === 0)).toBe(block.pruned.includes(n));
          });
          expect(block.options.ranks).toEqual(options.ranks.map((rank, n) => (block.pruned.includes(n) ? 0 : rank)));
        });
      });
    },
  );

  test('a sample that selects a pruned expert is a miss, and gets nothing from it', () => {
    const { options, blocks, pruned, params, rng } = prune('mmolre', 1, 3);
    const x = normal<tf.Rank.R3>([12, FRAMES, 8], 1, rng);
    const ranks = pruned.map((block) => block.options.ranks);
    const [found] = run(
      params,
      x,
      pruned.map((block) => block.options),
    );
    const usage: Usage = addUsage([], readGates([found!]), ranks);
    const whole = taskMoe(blocks[0]!, x, mask(12), options);
    for (const task of config.tasks) {
      const gates = whole[task]!.gates.arraySync() as number[][];
      const missed = gates.map((row) => pruned[0]!.pruned.some((n) => row[n]! > 0));
      expect(usage[0]![task]!.misses).toBe(missed.filter(Boolean).length);
      expect(relativeError(found![task]!.gates, whole[task]!.gates)).toBeLessThan(1e-6);
    }
    expect(usage[0]!.sentiment!.misses + usage[0]!.emotion!.misses).toBeGreaterThan(0);

    // The whole block, with what is gone set to zero by hand.
    const closed = config.ranks.map((_, n) => (pruned[0]!.pruned.includes(n) ? 0 : 1));
    const weights = tf.tensor1d(config.ranks.flatMap((rank, n) => new Array(rank).fill(closed[n])));
    const { shared } = blocks[0]!;
    const silenced = {
      ...blocks[0]!,
      shared: {
        ...shared,
        up: tf.mul(shared.up, tf.expandDims(weights, 1)) as tf.Tensor2D,
        upBias: tf.mul(shared.upBias, tf.expandDims(tf.tensor1d(closed), 1)) as tf.Tensor2D,
      },
    };
    const expected = taskMoe(silenced, x, mask(12), options);
    for (const task of config.tasks)
      expect(relativeError(found![task]!.output, expected[task]!.output)).toBeLessThan(1e-6);
  });

  test('what is left can be pruned again, and trains', () => {
    const { pruned, params, x } = prune('mmolre', 1, 4);
    const [block] = run(
      params,
      x.slice([0, 0, 0], [1, -1, -1]),
      pruned.map((p) => p.options),
    );
    const again = pruneExperts(params[0]!, pruned[0]!.options, addUsage([], readGates([block!]))[0]!);
    expect(again.pruned.length).toBeGreaterThan(0);
    expect(again.pruned.filter((n) => pruned[0]!.pruned.includes(n))).toEqual([]);

    const trained = trainable(again.params);
    const loss = () => tf.sum(tf.square(taskMoe(trained, x, mask(2), again.options).sentiment!.output)) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, [trained.shared.up, trained.shared.down] as tf.Variable[]);
    for (const grad of Object.values(grads)) expect(tf.max(tf.abs(grad)).dataSync()[0]).toBeGreaterThan(0);
    disposeParams(trained);
  });

  test('the block that was pruned stays whole, and no tensor is left over', () => {
    const { blocks, options, x } = prune('mmolre', 1, 5);
    const usage = addUsage([], readGates(run(blocks, x, [options, options])))[0]!;
    const before = tf.memory().numTensors;
    const { params } = pruneExperts(blocks[0]!, options, usage);
    disposeParams(params);
    expect(tf.memory().numTensors).toBe(before);
    expect(blocks[0]!.shared.down.isDisposed).toBe(false);
  });

  test('usage that says nothing is refused', () => {
    const { blocks, options } = prune('mmolre', 1, 6);
    const idle = { samples: 0, selected: new Array(9).fill(0), gateSum: [], entropySum: 0, misses: 0 };
    const one = { ...idle, samples: 1 };
    const refused = (usage: Record<string, typeof idle>, message: string) =>
      expect(() => pruneExperts(blocks[0]!, options, usage)).toThrow(message);
    refused({ sentiment: one, emotion: idle }, 'pruneExperts usage.emotion: expected at least one sample');
    refused({ sentiment: one }, 'pruneExperts usage: expected every task, emotion is missing');
    refused({ sentiment: { ...one, selected: [1] } }, 'pruneExperts usage.sentiment: expected 9 experts, got 1');
  });
});
