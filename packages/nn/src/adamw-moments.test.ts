import { useBackend } from '@mmolre/backend';
import { testedBackends } from '@mmolre/backend/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type AdamWMoments,
  type AdamWOptions,
  adamWMoments,
  adamWStep,
  createRng,
  disposeAdamW,
  disposeParams,
  initAdamW,
  leaves,
  mapLeaves,
  normal,
  parseSafetensors,
  restoreAdamW,
  toSafetensors,
  toTensor,
  trainable,
  variables,
} from './index';

type Tree = Record<string, tf.Tensor>;
const SHAPES: Record<string, number[]> = { a: [7, 3], b: [5], large: [401, 251], c: [2, 3, 4], d: [1] };
const NAMES = Object.keys(SHAPES);
const config = { weightDecay: 0.05, maxGradNorm: 0.5 };

const fresh = (): Tree =>
  trainable(Object.fromEntries(NAMES.map((name, i) => [name, normal(SHAPES[name]! as [number], 1, createRng(i))])));
const copy = (params: Tree) => trainable(mapLeaves(params, (leaf) => tf.tensor(leaf.dataSync().slice(), leaf.shape)));
/** A loss of its own each step, of some of the parameters. */
const lossOf = (params: Tree, names: readonly string[], step: number) => () =>
  tf.addN(names.map((name) => tf.sum(tf.sin(tf.mul(params[name]!, step + 1))))) as tf.Scalar;
const bits = (tree: Tree) => [...leaves(tree)].map(([path, leaf]) => [path, [...leaf.dataSync()]] as const);

/** To bytes and back, as a checkpoint does it; the state is disposed. */
function saveAndLoad(state: ReturnType<typeof initAdamW>): Map<string, AdamWMoments> {
  const moments = adamWMoments(state);
  const tensors = [...moments].flatMap(([path, { first, second }]) => [
    [`${path}.first`, first] as const,
    [`${path}.second`, second] as const,
  ]);
  const file = parseSafetensors(toSafetensors(new Map(tensors)), 'state');
  const counts = JSON.parse(JSON.stringify([...moments].map(([path, { steps, group }]) => [path, { steps, group }])));
  disposeAdamW(state);
  tf.dispose([...moments.values()].flatMap(({ first, second }) => [first, second]));
  const read = (key: string) => toTensor(file.get(key)!);
  return new Map(
    (counts as [string, { steps: number; group: number }][]).map(([path, count]) => [
      path,
      { ...count, first: read(`${path}.first`), second: read(`${path}.second`) },
    ]),
  );
}

describe.each([...new Set([...testedBackends(), 'cpu' as const])])('adamWMoments [%s]', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend, log: () => {} });
  });

  const reached = fc.array(fc.subarray(NAMES, { minLength: 1 }), { minLength: 10, maxLength: 10 });

  const byGroups: AdamWOptions = {
    rateOf: (path) => ('ab'.includes(path) ? 0.1 : 1),
    decays: (_, { rank }) => rank > 1,
  };

  test.each([
    ['trained alike', {}],
    ['by groups', byGroups],
  ])(
    '%s, five steps, a file, and five more are ten, to the last bit, whatever the loss reaches in each',
    (_, options) => {
      fc.assert(
        fc.property(reached, (names) => {
          const walk = (state: ReturnType<typeof initAdamW>, params: Tree, from: number, to: number) =>
            names.slice(from, to).map((some, i) => adamWStep(state, config, lossOf(params, some, from + i), 0.01));

          const [params, half] = [fresh(), fresh()];
          const state = initAdamW(variables(params), options);
          const losses = walk(state, params, 0, 10);

          const before = initAdamW(variables(half), options);
          const firstLosses = walk(before, half, 0, 5);
          const saved = saveAndLoad(before);
          const taken = copy(half);
          const after = restoreAdamW(variables(taken), saved, options);
          expect([...firstLosses, ...walk(after, taken, 5, 10)]).toEqual(losses);
          expect(bits(taken)).toEqual(bits(params));
          for (const [path, { first, second, steps, group }] of adamWMoments(after)) {
            const straight = adamWMoments(state).get(path)!;
            expect([steps, group], path).toEqual([straight.steps, straight.group]);
            expect(bits({ first, second }), path).toEqual(bits({ first: straight.first, second: straight.second }));
          }
          disposeAdamW(state);
          disposeAdamW(after);
          for (const tree of [params, half, taken]) disposeParams(tree);
        }),
        { seed: 1, numRuns: 4, examples: [[NAMES.map(() => NAMES).concat(NAMES.map(() => NAMES))]] },
      );
    },
  );

  test('by hand: after one step the means are (1 - beta) times the gradient, and its square', () => {
    const params = trainable({ w: tf.tensor2d([[1, 2]]), idle: tf.tensor1d([3]) });
    const state = initAdamW(variables(params));
    const loss = () => tf.sum(tf.mul(params.w, tf.tensor2d([[2, -4]]))) as tf.Scalar;
    adamWStep(state, { weightDecay: 0, beta1: 0.5, beta2: 0.75 }, loss, 0.1);
    const moments = adamWMoments(state);
    expect([...moments.keys()]).toEqual(['w', 'idle']);
    const [w, idle] = [moments.get('w')!, moments.get('idle')!];
    expect([w.first.arraySync(), w.second.arraySync(), w.steps]).toEqual([[[1, -2]], [[1, 4]], 1]);
    expect([idle.first.arraySync(), idle.second.arraySync(), idle.steps]).toEqual([[0], [0], 0]);
    disposeAdamW(state);
    disposeParams(params);
  });

  test('what was read stays as it is when training goes on, and no tensor is left over', () => {
    const params = trainable({ w: tf.tensor1d([1, 2]) });
    const before = tf.memory().numTensors;
    const state = initAdamW(variables(params));
    const step = () => adamWStep(state, config, () => tf.sum(tf.square(params.w)), 0.1);
    step();
    const held = tf.memory().numTensors;
    const { first, second } = adamWMoments(state).get('w')!;
    const copies = [tf.tensor(first.dataSync().slice()), tf.tensor(second.dataSync().slice())];
    const restored = restoreAdamW(variables(params), new Map([['w', { first, second, steps: 1, group: 0 }]]));
    step();
    adamWStep(restored, config, () => tf.sum(tf.square(params.w)), 0.1);
    expect([[...first.dataSync()], [...second.dataSync()]]).toEqual(copies.map((copy) => [...copy.dataSync()]));
    disposeAdamW(restored);
    tf.dispose([first, second, copies]);
    expect(tf.memory().numTensors).toBe(held);
    disposeAdamW(state);
    expect(tf.memory().numTensors).toBe(before);
    disposeParams(params);
  });

  test('a state of other parameters is refused, with everything that does not fit', () => {
    const of = (shape: number[], steps = 1) => ({ first: tf.zeros(shape), second: tf.zeros(shape), steps, group: 0 });
    const params = trainable({ a: tf.zeros([2]), b: tf.zeros([3]), c: tf.zeros([1]), d: tf.zeros([1]) });
    const saved = { a: of([2]), b: of([4]), d: of([1], 2), e: of([1]) };
    expect(() => restoreAdamW(variables(params), new Map(Object.entries(saved)))).toThrow(
      'restoreAdamW: does not fit the parameters: b: expected [3], found [4]; missing c; d: expected 1 steps as the others of ' +
        'its group, found 2; unexpected e',
    );
    const fitting = Object.fromEntries(['a', 'b', 'c', 'd'].map((path, i) => [path, of([[2, 3, 1, 1][i]!])]));
    const options: AdamWOptions = { rateOf: (path) => (path === 'b' ? 0.5 : 1), decays: (path) => path !== 'c' };
    expect(() => restoreAdamW(variables(params), new Map(Object.entries(fitting)), options)).toThrow(
      'b: expected a factor of 1 on the learning rate and decay as the others of its group, found a factor of 0.5 on the ' +
        'learning rate and decay; c: expected a factor of 1 on the learning rate and decay as the others of its group, found a ' +
        'factor of 1 on the learning rate and no decay',
    );
    disposeParams(params);
  });
});
