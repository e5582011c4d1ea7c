import { describeEachBackend } from '@mmolre/backend/test';
import { applyMask, countParams, createRng, disposeParams, normal, type Params, trainable } from '@mmolre/nn';
import { countedMultiplyAdds, gradientsOf, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  addUsage,
  balanceLoss,
  expertLoad,
  initTaskMoe,
  initUniTse,
  lossFreeStep,
  pruneExperts,
  readGates,
  type TaskMoeConfig,
  type TaskMoeParams,
  taskMoe,
  taskMoeCost,
  topKGates,
  uniTse,
  zLoss,
} from './index';

const config: TaskMoeConfig = {
  dModel: 8,
  tasks: ['sentiment', 'emotion'],
  ranks: [1, 2, 3, 2],
  taskRank: 2,
  topK: 2,
  routing: 'token',
  renormaliseGates: true,
  expertActivation: 'gelu',
};
const lengths = [5, 2, 0];
const maskOf = (T: number) =>
  tf.tensor2d(lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0)))) as tf.Tensor2D;

describeEachBackend('routing by token', () => {
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());
  const input = (T: number) => applyMask(normal<tf.Rank.R3>([3, T, 8], 1, createRng(2)), maskOf(T));

  test('each real frame gets k experts whose gates sum to 1, a padded one none', () => {
    const { gates } = taskMoe(initTaskMoe(config, createRng(1)), input(5), maskOf(5), config).emotion!;
    expect(gates.shape).toEqual([3, 5, 4]);
    const rows = (gates.arraySync() as number[][][]).map((clip) => clip.map((row) => row.filter((gate) => gate > 0)));
    rows.forEach((clip, b) => {
      expect(clip.map(({ length }) => length)).toEqual([0, 1, 2, 3, 4].map((t) => (t < lengths[b]! ? 2 : 0)));
      for (const row of clip.slice(0, lengths[b])) expect(row[0]! + row[1]!).toBeCloseTo(1, 6);
    });
  });

  test('padded frames and a sample without any have no say in the balance loss and the z-loss', () => {
    const params = initTaskMoe(config, createRng(1));
    const long = taskMoe(params, input(5), maskOf(5), config).sentiment!;
    const frames = tf.concat(
      [tf.slice(long.gates, [0, 0, 0], [1, 5, 4]), tf.slice(long.gates, [1, 0, 0], [1, 2, 4])],
      1,
    );
    expect(relativeError(long.balanceLoss, balanceLoss(tf.reshape(frames, [7, 4])))).toBeLessThan(1e-6);
    const x = tf.concat([input(5), tf.zeros<tf.Rank.R3>([3, 2, 8])], 1);
    const longer = taskMoe(params, x, maskOf(7), config).sentiment!;
    expect(relativeError(longer.balanceLoss, long.balanceLoss)).toBeLessThan(1e-6);
    expect(relativeError(zLoss(longer.logits, maskOf(7)), zLoss(long.logits, maskOf(5)))).toBeLessThan(1e-6);
  });

  test('noise on the gates is the same whatever the padding', () => {
    const params = initTaskMoe(config, createRng(1));
    const mode = { training: true, seed: 3 };
    const noisy = (x: tf.Tensor3D, mask: tf.Tensor2D) =>
      taskMoe(params, x, mask, { ...config, gateNoise: 1 }, mode).sentiment!.output;
    const short = noisy(input(5), maskOf(5));
    expect(relativeError(short, taskMoe(params, input(5), maskOf(5), config).sentiment!.output)).toBeGreaterThan(0.01);
    const long = noisy(tf.concat([input(5), tf.zeros<tf.Rank.R3>([3, 2, 8])], 1), maskOf(7));
    expect(relativeError(tf.slice(long, [0, 0, 0], [3, 5, 8]), short)).toBeLessThan(1e-6);
  });

  test('the sparse form says what to take', () => {
    const run = () => taskMoe(initTaskMoe(config, createRng(1)), input(5), maskOf(5), { ...config, form: 'sparse' });
    expect(run).toThrow("taskMoe form: expected auto, fused or loop, as routing is 'token', got sparse");
  });

  test('usage counts real frames, and pruning by it changes none of them', () => {
    const blocks = initUniTse(config, 1, createRng(1));
    // A router that never takes the last expert.
    for (const task of Object.values(blocks[0]!.tasks)) task.router.gate.bias = tf.tensor1d([0, 0, 0, -99]);
    const results = uniTse(blocks, input(5), maskOf(5), config);
    expect(() => readGates(results.blocks)).toThrow('readGates mask: expected the mask [B, T]');
    const [usage] = addUsage([], readGates(results.blocks, maskOf(5)));
    expect(usage!.emotion!.samples).toBe(7);
    expect(usage!.emotion!.selected.reduce((sum, count) => sum + count, 0)).toBe(14);
    const { params, options, pruned } = pruneExperts(blocks[0]!, config, usage!);
    expect(pruned).toContain(3);
    const after = taskMoe(params, input(5), maskOf(5), options).emotion!.output;
    expect(relativeError(after, results.outputs.emotion!)).toBeLessThan(1e-6);
  });

  test('its cost is what is computed, all experts active', async () => {
    const params = initTaskMoe(config, createRng(1));
    const counted = await countedMultiplyAdds(() => taskMoe(params, tf.ones([1, 6, 8]), tf.ones([1, 6]), config));
    // The products of gates with ranks and biases, of N by S and N by D for each task and frame, are the scaling, which is not counted.
    const scaling = 2 * 6 * (4 * 8 + 4 * 8);
    expect(taskMoeCost(config, 6).multiplyAdds).toBeCloseTo(counted - scaling, 3);
    const withBias = { ...config, expertBias: true };
    expect(taskMoeCost(withBias, 6).parameters).toBe(countParams(initTaskMoe(withBias, createRng(1)) as Params));
  });

  test('five runs give equal bits, of outputs and gradients', () => {
    const params = trainable(initTaskMoe(config, createRng(1)) as Params) as TaskMoeParams;
    const run = () => {
      const loss = () => {
        const { sentiment, emotion } = taskMoe(params, input(5), maskOf(5), config);
        const outputs = [sentiment!, emotion!].map(({ output }) => tf.sum(tf.square(output)));
        return tf.addN([...outputs, emotion!.balanceLoss, zLoss(emotion!.logits, maskOf(5))]) as tf.Scalar;
      };
      const { value, gradients } = gradientsOf(loss, params as Params);
      return [value, ...gradients.values()].map((tensor) => [...tensor.dataSync()]);
    };
    const first = run();
    for (let i = 0; i < 4; i++) expect(run()).toEqual(first);
    disposeParams(params as Params);
  });
});

describeEachBackend('loss-free balancing', () => {
  test('zLoss by hand: the mean square of logsumexp', () => {
    const logits = tf.tensor2d([[0, 0], [1, 3]]); // biome-ignore format: rows
    const expected = (Math.log(2) ** 2 + Math.log(Math.E + Math.E ** 3) ** 2) / 2;
    expect(zLoss(logits).dataSync()[0]).toBeCloseTo(expected, 5);
    expect(zLoss(tf.reshape(logits, [1, 2, 2]), tf.tensor2d([[1, 0]])).dataSync()[0]).toBeCloseTo(Math.log(2) ** 2, 6);
  });

  test('the bias counts in the choice and in no gate', () => {
    const probs = tf.tensor2d([[0.5, 0.3, 0.2]]);
    const gates = topKGates(probs, 1, false, tf.tensor1d([0, 0, 0.4]));
    expect(gates.arraySync()[0]!.map((gate) => Math.fround(gate))).toEqual([0, 0, Math.fround(0.2)]);
  });

  test('a step moves by the rate towards the mean load', () => {
    const load = expertLoad(tf.tensor2d([[0.5, 0.5, 0, 0], [0.9, 0, 0.1, 0], [0.7, 0, 0.3, 0], [0.6, 0, 0.4, 0]])); // biome-ignore format: rows
    expect(load.arraySync()).toEqual([4, 1, 3, 0]);
    const bias = lossFreeStep(tf.tensor1d([1, 1, 1, 1]), load, 0.25);
    expect(bias.arraySync()).toEqual([0.75, 1.25, 0.75, 1.25]);
  });

  test.each(['sample', 'token'] as const)(
    'by %s: it evens out the experts that an uneven router leaves out',
    (routing) => {
      const options = { ...config, routing, topK: 1 };
      const params = initTaskMoe({ ...options, expertBias: true, tasks: ['a'] }, createRng(1));
      const { router } = params.tasks.a!;
      router.gate.bias = tf.tensor1d([0.3, 0, -0.1, -0.2]);
      const x = normal<tf.Rank.R3>([16, 3, 8], 1, createRng(5));
      const load = () => expertLoad(taskMoe(params, x, undefined, options).a!.gates);
      expect(Math.min(...load().dataSync())).toBe(0);
      for (let i = 0; i < 400; i++) router.expertBias = tf.tidy(() => lossFreeStep(router.expertBias!, load(), 0.002));
      const after = [...load().dataSync()];
      const total = routing === 'sample' ? 16 : 48;
      expect(Math.max(...after) / (total / 4)).toBeLessThan(2);
      expect(Math.min(...after)).toBeGreaterThan(0);
    },
  );

  test('it is refused with ple', () => {
    const run = () => initTaskMoe({ ...config, mixture: 'ple', expertBias: true }, createRng(1));
    expect(run).toThrow('initTaskMoe expertBias: expected mmolre or mmoe with it, got ple');
  });
});
