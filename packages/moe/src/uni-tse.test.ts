import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, disposeParams, leaves, normal, trainable, variables } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { initUniTse, SHARED_STREAM, type TaskMoeConfig, taskMoe, uniTse } from './index';

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

  test('with blocks and x alone it is the paper’s, all experts active, no frame padded', () => {
    const equal = { dModel: 8, tasks: config.tasks, ranks: [2, 2, 2], taskRank: 2 };
    const params = initUniTse(equal, 2, rng);
    const options = { ...config, norm: false, ranks: equal.ranks, topK: 3 };
    const before = tf.memory().numTensors;
    const short = uniTse(params, x);
    expect(tf.memory().numTensors).toBe(before + 2 * 2 * 4);
    const whole = uniTse(params, x, mask, options);
    for (const task of config.tasks) expect(short.outputs[task]!.arraySync()).toEqual(whole.outputs[task]!.arraySync());
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

  test('mmoe has no expert of a task’s own', () => {
    const params = initUniTse({ ...config, mixture: 'mmoe' }, 2, rng);
    expect([...leaves(params).keys()].filter((path) => path.includes('expert'))).toEqual([]);
  });

  describe('ple', () => {
    const options = { ...config, mixture: 'ple' } as const satisfies TaskMoeConfig;

    test('keeps a shared stream between blocks, not after the last', () => {
      const params = initUniTse(options, 3, rng);
      expect(params.map(({ stream }) => stream !== undefined)).toEqual([true, true, false]);
      const { outputs, blocks } = uniTse(params, x, mask, options);
      expect(Object.keys(outputs)).toEqual(config.tasks);
      const streams = [...config.tasks, SHARED_STREAM];
      expect(blocks.map((block) => Object.keys(block))).toEqual([streams, streams, config.tasks]);
    });

    test('the shared experts of a later block read that stream, the routers their tasks’', () => {
      const params = initUniTse(options, 2, rng);
      const first: Record<string, { output: tf.Tensor3D }> = taskMoe(params[0]!, x, mask, options);
      const second = (changed: Record<string, tf.Tensor3D>) => {
        const inputs = Object.fromEntries(Object.entries(first).map(([name, { output }]) => [name, output]));
        return taskMoe(params[1]!, { ...inputs, ...changed }, mask, options);
      };
      const before = second({});
      const { outputs } = uniTse(params, x, mask, options);
      for (const task of config.tasks) {
        expect(relativeError(outputs[task]!, before[task]!.output)).toBeLessThan(1e-6);
      }

      const otherStream = second({ [SHARED_STREAM]: x });
      const otherEmotion = second({ emotion: x });
      for (const task of config.tasks)
        expect(otherStream[task]!.gates.arraySync()).toEqual(before[task]!.gates.arraySync());
      expect(relativeError(otherStream.sentiment!.output, before.sentiment!.output)).toBeGreaterThan(0.01);
      expect(otherEmotion.sentiment!.output.arraySync()).toEqual(before.sentiment!.output.arraySync());
      expect(relativeError(otherEmotion.emotion!.gates, before.emotion!.gates)).toBeGreaterThan(1e-3);
    });

    test('leaks no tensor in 100 steps', () => {
      const params = trainable(initUniTse({ ...options, upKernel: 3 }, 2, rng));
      const list = [...variables(params).values()];
      const forms = ['loop', 'fused', 'sparse'] as const;
      const step = (seed: number) => {
        const settings = { ...options, gateNoise: 0.1, form: forms[seed % 3]! };
        const loss = () => {
          const { outputs, blocks } = uniTse(params, x, mask, settings, { training: true, seed });
          const balances = blocks.flatMap((block) => Object.values(block).map(({ balanceLoss }) => balanceLoss));
          return tf.addN([...balances, ...Object.values(outputs).map((y) => tf.mean(tf.square(y)))]) as tf.Scalar;
        };
        const { value, grads } = tf.variableGrads(loss, list);
        tf.dispose([value, grads]);
      };
      const evaluate = () => {
        const { outputs, blocks } = uniTse(params, x, mask, options);
        tf.dispose([outputs, blocks]); // all of them are the caller's to free
      };
      step(0);
      const before = tf.memory().numTensors;
      for (let i = 1; i <= 100; i++) step(i);
      for (let i = 0; i < 10; i++) evaluate();
      expect(tf.memory().numTensors).toBe(before);
      disposeParams(params);
    });
  });
});
