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
const plain = {
  ranks: [2, 1, 3, 2],
  topK: 2,
  expertActivation: 'identity',
  routerActivation: 'gelu',
  renormaliseGates: false,
  residual: false,
  norm: false,
} as const satisfies TaskMoeOptions;
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
    expect(tf.memory().numTensors).toBe(before + 2 * 4);
    tf.dispose(Object.values<TaskMoeOutput>(results));
    expect(tf.memory().numTensors).toBe(before);
  });

  describe('with parameters and inputs alone', () => {
    const equal = { dModel: 8, tasks: [...TASKS], ranks: [2, 2, 2], taskRank: 3 };
    const paper = {
      mixture: 'mmolre',
      ranks: [2, 2, 2],
      topK: 3,
      expertActivation: 'identity',
      routerActivation: 'gelu',
      renormaliseGates: false,
      gateNoise: 0,
      routing: 'sample',
      residual: false,
      norm: false,
      form: 'auto',
    } as const satisfies Required<TaskMoeOptions>;
    const values = (results: Record<string, TaskMoeOutput>) =>
      Object.entries(results).map(([task, { output, gates }]) => [task, output.arraySync(), gates.arraySync()]);

    test('it is the paper’s block, all experts active, no frame padded', () => {
      const params = initTaskMoe(equal, rng);
      const x = draw(2, 3);
      const whole = taskMoe(params, x, tf.ones<tf.Rank.R2>([2, 3]), paper);
      expect(values(taskMoe(params, x))).toEqual(values(whole));
      expect(values(taskMoe(params, { sentiment: x, emotion: x }))).toEqual(values(whole));
      const undefinedOptions = { topK: undefined, residual: undefined, ranks: undefined };
      expect(values(taskMoe(params, x, undefined, undefinedOptions))).toEqual(values(whole));
      expect(Math.min(...whole.emotion!.gates.dataSync())).toBeGreaterThan(0);
    });

    test('one option is set and the others stay', () => {
      const params = initTaskMoe(equal, rng);
      const x = draw(2, 3);
      const chosen = taskMoe(params, x, undefined, { topK: 1 });
      const mask = tf.ones<tf.Rank.R2>([2, 3]);
      expect(values(chosen)).toEqual(values(taskMoe(params, x, mask, { ...paper, topK: 1 })));
    });

    test('leaks no tensor beside its results', () => {
      const params = initTaskMoe(equal, rng);
      const x = draw(2, 3);
      const before = tf.memory().numTensors;
      const results = taskMoe(params, x);
      expect(tf.memory().numTensors).toBe(before + 2 * 4);
      tf.dispose(Object.values<TaskMoeOutput>(results));
    });

    test('experts of several ranks need them, and other ranks than theirs are refused', () => {
      const params = initTaskMoe({ ...equal, ranks: [1, 2, 4] }, rng);
      expect(() => taskMoe(params, draw(2, 3))).toThrow(
        'taskMoe ranks: expected them in the options, as 7 hidden units are no equal parts for 3 experts',
      );
      expect(taskMoe(params, draw(2, 3), undefined, { ranks: [1, 2, 4] }).emotion!.gates.shape).toEqual([2, 3]);
      for (const ranks of [
        [3, 4],
        [1, 2, 3],
      ]) {
        expect(() => taskMoe(params, draw(2, 3), undefined, { ranks })).toThrow(
          `taskMoe ranks: expected 3 of them, 7 in sum, got [${ranks.join(', ')}]`,
        );
      }
    });

    test('inputs that are none, or no sequences, are named', () => {
      const params = initTaskMoe(equal, rng);
      expect(() => taskMoe(params, {})).toThrow('taskMoe inputs: expected one for all tasks or one each, got none');
      expect(() => taskMoe(params, draw(2, 3).as2D(6, 8) as unknown as tf.Tensor3D)).toThrow(
        'taskMoe input: expected [B, T, 8], got [6, 8]',
      );
    });
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
