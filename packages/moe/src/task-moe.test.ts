import { describeEachBackend } from '@mmolre/backend/test';
import { applyMask, createRng, disposeParams, normal, type Params, trainable } from '@mmolre/nn';
import { differingGradients, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { initTaskMoe, type TaskMoeOptions, type TaskMoeOutput, type TaskMoeParams, taskMoe } from './index';

const TASKS = ['sentiment', 'emotion'] as const;
type Task = (typeof TASKS)[number];
type Inputs = Record<Task, tf.Tensor3D> & { x?: tf.Tensor3D; mask: tf.Tensor2D };

/** The settings of the fixture's cases, those of the paper first. */
const plain: TaskMoeOptions = {
  ranks: [2, 1, 3, 2],
  topK: 2,
  expertActivation: 'identity',
  routerActivation: 'gelu',
  renormaliseGates: false,
  residual: false,
  norm: false,
};
const cases: Record<string, TaskMoeOptions> = {
  perTask: plain,
  oneInput: plain,
  options: { ...plain, expertActivation: 'gelu', renormaliseGates: true, residual: true, norm: true },
};

describeEachBackend('taskMoe', () => {
  describe.each(Object.entries(cases))('against PyTorch, %s', (name, options) => {
    const load = () => {
      const fixture = readFixture(new URL('./__fixtures__/task-moe.safetensors', import.meta.url));
      const trained = trainable({
        params: fixture.tree<TaskMoeParams<Task>>(`${name}.params`),
        input: fixture.tree<Inputs>(`${name}.input`),
      });
      const { params, input } = trained;
      // The reference zeroes padded frames itself; here that is the caller's part.
      const zeroed = (x: tf.Tensor3D) => applyMask(x, input.mask);
      const both = () => ({ sentiment: zeroed(input.sentiment), emotion: zeroed(input.emotion) });
      const run = () => taskMoe(params, input.x ? zeroed(input.x) : both(), input.mask, options);
      return { fixture, trained, run };
    };

    test('outputs and gates within 1e-5', () => {
      const { fixture, run } = load();
      const results = run();
      for (const task of TASKS) {
        const { output, gates } = results[task];
        expect(relativeError(output, fixture.get(`${name}.output.${task}`)), task).toBeLessThan(1e-5);
        expect(relativeError(gates, fixture.get(`${name}.gates.${task}`)), `gates ${task}`).toBeLessThan(1e-5);
      }
    });

    test('every gradient within 1e-4', () => {
      const { fixture, trained, run } = load();
      const grads = fixture.tree<Record<string, Params>>(`${name}.grads`);
      const weights = fixture.tree<Record<Task, tf.Tensor3D>>(`${name}.weight`);
      const loss = () => {
        const results = run();
        return tf.addN(TASKS.map((task) => tf.sum(tf.mul(results[task].output, weights[task])))) as tf.Scalar;
      };
      const { gradients } = gradientsOf(loss, trained, grads);
      expect(differingGradients(gradients, grads, 1e-4)).toEqual([]);
      disposeParams(trained);
    });
  });

  const rng = createRng(1);
  const config = { ...plain, dModel: 8, tasks: [...TASKS], taskRank: 2 };
  const draw = (B: number, T: number) => normal<tf.Rank.R3>([B, T, 8], 1, rng);
  const run = (params: TaskMoeParams, x: tf.Tensor3D, mask: tf.Tensor2D) => taskMoe(params, x, mask, plain).emotion!;
  /** Rows of x in another order, or some of them. */
  const rows = <T extends tf.Tensor>(x: T, order: number[]) => tf.gather(x, tf.tensor1d(order, 'int32')) as T;

  test('padding changes nothing', () => {
    const params = initTaskMoe(config, rng);
    const x = draw(2, 5);
    const mask = tf.ones<tf.Rank.R2>([2, 5]);
    const short = run(params, x, mask);
    const long = run(
      params,
      tf.pad(x, [
        [0, 0],
        [0, 3],
        [0, 0],
      ]),
      tf.pad(mask, [
        [0, 0],
        [0, 3],
      ]),
    );
    expect(relativeError(tf.slice(long.output, [0, 0, 0], [2, 5, 8]), short.output)).toBeLessThan(1e-6);
    expect(relativeError(long.gates, short.gates)).toBeLessThan(1e-6);
    expect(Math.max(...tf.abs(tf.slice(long.output, [0, 5, 0], [2, 3, 8])).dataSync())).toBe(0);
  });

  test('the order and company of a batch change nothing', () => {
    const params = initTaskMoe(config, rng);
    const x = draw(3, 4);
    const mask = tf.ones<tf.Rank.R2>([3, 4]);
    const all = run(params, x, mask);
    for (const order of [[2, 0, 1], [1]]) {
      const some = run(params, rows(x, order), rows(mask, order));
      expect(relativeError(some.output, rows(all.output, order))).toBeLessThan(1e-6);
      expect(relativeError(some.gates, rows(all.gates, order))).toBeLessThan(1e-6);
    }
  });

  test('leaks no tensor beside its results', () => {
    const params = initTaskMoe(config, rng);
    const [x, mask] = [draw(2, 3), tf.ones<tf.Rank.R2>([2, 3])];
    const before = tf.memory().numTensors;
    const results = taskMoe(params, x, mask, plain);
    expect(tf.memory().numTensors).toBe(before + 2 * 3);
    tf.dispose(Object.values<TaskMoeOutput>(results));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('misuse is named', () => {
    const params = initTaskMoe(config, rng);
    const mask = tf.ones<tf.Rank.R2>([2, 3]);
    expect(() => taskMoe(params, draw(2, 4), mask, plain)).toThrow('taskMoe input: expected [2, 3, 8], got [2, 4, 8]');
    for (const topK of [0, 5]) {
      expect(() => taskMoe(params, draw(2, 3), mask, { ...plain, topK })).toThrow(
        `taskMoe topK: expected 1 .. 4, got ${topK}`,
      );
    }
  });
});
