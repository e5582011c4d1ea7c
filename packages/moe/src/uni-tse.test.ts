import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, leaves, normal } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { initUniTse, taskMoe, uniTse } from './index';

const config = {
  dModel: 8,
  tasks: ['sentiment', 'emotion'],
  ranks: [1, 2, 3],
  taskRank: 2,
  topK: 2,
  expertActivation: 'identity',
  routerActivation: 'gelu',
  renormaliseGates: false,
  residual: false,
  norm: true,
} as const;

describeEachBackend('uniTse', () => {
  const rng = createRng(1);
  let x: tf.Tensor3D;
  let mask: tf.Tensor2D;
  beforeAll(() => {
    x = normal<tf.Rank.R3>([2, 5, 8], 1, rng);
    mask = tf.ones<tf.Rank.R2>([2, 5]);
  });

  test('gives each task a sequence of its own, and the gates of each block', () => {
    const { outputs, blocks } = uniTse(initUniTse(config, 3, rng), x, mask, config);
    expect(Object.keys(outputs)).toEqual(config.tasks);
    expect(blocks.length).toBe(3);
    for (const task of config.tasks) {
      expect(outputs[task]!.shape).toEqual([2, 5, 8]);
      expect(blocks.map((block) => block[task]!.gates.shape)).toEqual([
        [2, 3],
        [2, 3],
        [2, 3],
      ]);
      expect(blocks.map((block) => block[task]!.balanceLoss.shape)).toEqual([[], [], []]);
    }
    expect(relativeError(outputs.sentiment!, outputs.emotion!)).toBeGreaterThan(0.1);
  });

  test('a later block reads its task’s output of the block before', () => {
    const params = initUniTse(config, 2, rng);
    const { outputs } = uniTse(params, x, mask, config);
    const first = taskMoe(params[0]!, x, mask, config);
    const inputs = { sentiment: first.sentiment!.output, emotion: first.emotion!.output };
    const second = taskMoe(params[1]!, inputs, mask, config);
    for (const task of config.tasks) expect(relativeError(outputs[task]!, second[task]!.output)).toBeLessThan(1e-6);
  });

  test('without a block, every task gets x', () => {
    expect(uniTse([], x, mask, config).blocks).toEqual([]);
  });

  test('blocks start from different weights, and each task has its own', () => {
    const [a, b] = initUniTse(config, 2, rng).map((block) => leaves(block));
    const values = (tree: typeof a, path: string) => [...tree!.get(path)!.dataSync()];
    expect(values(a, 'shared.down')).not.toEqual(values(b, 'shared.down'));
    expect(values(a, 'tasks.sentiment.expert.up')).not.toEqual(values(a, 'tasks.emotion.expert.up'));
    expect(a!.has('tasks.emotion.norm.weight')).toBe(true);
  });
});
