import { describeEachBackend } from '@mmolre/backend/test';
import { applyMask, createRng, disposeParams, normal, type Params, trainable, variables } from '@mmolre/nn';
import { differingGradients, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  chosenExperts,
  type Form,
  initTaskMoe,
  lowRankExpert,
  SHARED_STREAM,
  splitExperts,
  type TaskMoeOptions,
  type TaskMoeParams,
  taskMoe,
} from './index';

const positive = (max: number) => fc.integer({ min: 1, max });
const cases = fc
  .record({
    D: fc.constantFrom(4, 5, 8, 13),
    T: positive(6),
    ranks: fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }).filter((ranks) => ranks.some((rank) => rank > 0)),
    lengths: fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
    k: positive(6),
    tasks: positive(3),
    oneInput: fc.boolean(),
    mixture: fc.constantFrom('mmolre' as const, 'mmoe' as const, 'ple' as const),
    upKernel: fc.constantFrom(1 as const, 3 as const),
    expertActivation: fc.constantFrom('identity' as const, 'gelu' as const),
    renormaliseGates: fc.boolean(),
    routing: fc.constantFrom('sample' as const, 'token' as const),
    seed: fc.integer(),
  })
  .map((shape) => ({ ...shape, topK: Math.min(shape.k, shape.ranks.length), residual: false, norm: false }));

/** A block with biases that are not zero, its inputs and mask. */
function draw(shape: typeof cases extends fc.Arbitrary<infer Shape> ? Shape : never) {
  const { D, T, lengths, tasks, seed, oneInput, ranks } = shape;
  const rng = createRng(seed);
  const names = Array.from({ length: tasks }, (_, i) => `task${i}`);
  const options: TaskMoeOptions = { ...shape, routerActivation: 'gelu' };
  const params = initTaskMoe({ ...shape, ...options, dModel: D, tasks: names, taskRank: 2 }, rng, { isLast: false });
  const live = tf.tensor2d(ranks.map((rank) => [Math.min(rank, 1)]));
  params.shared.upBias = tf.mul(normal<tf.Rank.R2>([ranks.length, D], 1, rng), live);
  params.shared.downBias = normal<tf.Rank.R1>(params.shared.downBias.shape, 1, rng);
  const rows = lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0)));
  const mask = tf.tensor2d(rows, [lengths.length, T]);
  const x = () => applyMask(normal<tf.Rank.R3>([lengths.length, T, D], 1, rng), mask);
  const inputs = oneInput ? x() : Object.fromEntries([...names, SHARED_STREAM].map((name) => [name, x()]));
  return { params, options, mask, inputs };
}

/** Outputs and all gradients, those of the inputs too. */
function run({ params, options, mask, inputs }: ReturnType<typeof draw>, form: Form) {
  const trained = trainable({ params, inputs } as Params) as { params: TaskMoeParams; inputs: tf.Tensor3D };
  const results = () => taskMoe(trained.params, trained.inputs, mask, { ...options, form });
  const outputs = Object.values(results()).map(({ output }) => output);
  const weights = outputs.map(({ shape }) => normal(shape as [number, number, number], 1, createRng(3)));
  const loss = () => {
    const sums = Object.values(results()).map(({ output }, i) => tf.sum(tf.mul(output, weights[i]!)));
    return tf.addN(sums) as tf.Scalar;
  };
  const list = [...variables(trained)].filter(([, { size }]) => size > 0);
  const { grads } = tf.variableGrads(
    loss,
    [...list.values()].map(([, variable]) => variable),
  );
  const gradients = new Map(list.map(([path, variable]) => [path, grads[variable.name] ?? tf.zerosLike(variable)]));
  return { outputs, gradients, done: () => disposeParams(trained) };
}

describeEachBackend('forms', () => {
  test('the fused and the sparse form give what the loop gives, gradients too, within 1e-5', () => {
    fc.assert(
      fc.property(cases, (shape) => {
        tf.engine().startScope();
        const drawn = draw(shape);
        const loop = run(drawn, 'loop');
        for (const form of shape.routing === 'token' ? (['fused'] as const) : (['fused', 'sparse'] as const)) {
          const other = run(drawn, form);
          other.outputs.forEach((output, i) => {
            expect(relativeError(output, loop.outputs[i]!), form).toBeLessThan(1e-5);
          });
          // A router whose gates are renormalised to 1 has no gradient but rounding: 1e-7 of the whole, float32's own.
          const problems = differingGradients(other.gradients, Object.fromEntries(loop.gradients), 1e-5, 1e-2);
          expect(problems, form).toEqual([]);
          other.done();
        }
        loop.done();
        tf.engine().endScope();
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('the loop is the sum over single experts, each times its gate', () => {
    fc.assert(
      fc.property(cases, (shape) => {
        tf.engine().startScope();
        const { params, options, mask } = draw({ ...shape, mixture: 'mmoe', routing: 'sample' });
        const x = applyMask(normal<tf.Rank.R3>([...mask.shape, shape.D], 1, createRng(shape.seed)), mask);
        const { output, gates } = taskMoe(params, x, mask, { ...options, mixture: 'mmoe', form: 'loop' }).task0!;
        const activation = (h: tf.Tensor3D) => (shape.expertActivation === 'gelu' ? geluOf(h) : h);
        const weighted = splitExperts(params.shared, shape.ranks).flatMap((expert, n) => {
          const gate = tf.expandDims(tf.slice(gates, [0, n], [-1, 1]), 2);
          return shape.ranks[n] === 0 ? [] : [tf.mul(lowRankExpert(expert, x, activation, mask), gate)];
        });
        expect(relativeError(output, applyMask(tf.addN(weighted) as tf.Tensor3D, mask))).toBeLessThan(1e-5);
        expect(chosenExperts(gates as tf.Tensor2D).map((row) => row.length)).toEqual(
          shape.lengths.map(() => shape.topK),
        );
        tf.engine().endScope();
      }),
      { seed: 2, numRuns: 30 },
    );
  });

  test.each(['loop', 'fused', 'sparse'] as const)('%s leaks no tensor in 100 steps', (form) => {
    const rng = createRng(1);
    const options = {
      ranks: [2, 1, 3],
      topK: 2,
      form,
      expertActivation: 'gelu',
      routerActivation: 'gelu',
      renormaliseGates: false,
      residual: false,
      norm: true,
    } as const;
    const params = trainable(initTaskMoe({ ...options, dModel: 8, tasks: ['a', 'b'], taskRank: 2 }, rng));
    const [x, mask] = [normal<tf.Rank.R3>([2, 3, 8], 1, rng), tf.ones<tf.Rank.R2>([2, 3])];
    const list = [...variables(params).values()];
    const step = () => {
      const loss = () => tf.sum(tf.square(taskMoe(params, x, mask, options).a!.output)) as tf.Scalar;
      const { value, grads } = tf.variableGrads(loss, list);
      tf.dispose([value, grads]);
    };
    step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 100; i++) step();
    expect(tf.memory().numTensors).toBe(before);
    disposeParams(params);
  });
});

function geluOf(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))));
}
