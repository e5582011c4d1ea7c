import { countParams, createRng, leaves, normal } from '@mmolre/nn';
import { countedMultiplyAdds } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { fullRank, standardMoeRatios, taskMoeCost, uniTseCost } from './cost';
import { initTaskMoe, initUniTse, type TaskMoeConfig, taskMoe, uniTse } from './index';

beforeAll(async () => {
  await tf.setBackend('cpu'); // what is counted are the calls, not their speed
});

const plain = {
  expertActivation: 'identity',
  routerActivation: 'gelu',
  renormaliseGates: false,
  residual: false,
} as const;
const paperMosei: TaskMoeConfig = {
  ...plain,
  norm: false,
  dModel: 768,
  tasks: ['sentiment', 'emotion'],
  ranks: new Array(15).fill(128),
  taskRank: 128,
  topK: 8,
};

const rank = fc.integer({ min: 1, max: 5 });
const configs = fc
  .record({
    dModel: fc.constantFrom(4, 5, 8, 13),
    tasks: fc.constantFrom(['a'], ['a', 'b'], ['a', 'b', 'c']),
    ranks: fc.array(rank, { minLength: 1, maxLength: 6 }),
    taskRank: rank,
    k: rank,
    norm: fc.boolean(),
    mixture: fc.constantFrom('mmolre', 'mmoe', 'ple'),
    upKernel: fc.constantFrom(1, 3),
  })
  .map(({ k, ...config }) => ({ ...plain, ...config, topK: Math.min(k, config.ranks.length) }) satisfies TaskMoeConfig);

/** What `taskMoeCost` leaves out of the counted products: gates into hidden units, gates · biases. */
const scaling = ({ ranks, dModel }: TaskMoeConfig, requests: number) =>
  requests * ranks.length * (ranks.reduce((sum, rank) => sum + rank, 0) + dModel);

const frames = 5;
const oneSample = ({ dModel }: TaskMoeConfig) => ({
  x: normal<tf.Rank.R3>([1, frames, dModel], 1, createRng(1)),
  mask: tf.ones<tf.Rank.R2>([1, frames]),
});

describe('taskMoeCost', () => {
  test("the paper's setting on MOSEI has 7,075,102 parameters a block, 5.73 times less than the standard mixture", () => {
    expect(taskMoeCost(paperMosei, 299).parameters).toBe(7_075_102);
    expect(taskMoeCost(fullRank(paperMosei), 299).parameters).toBe(40_509_342);
    expect(standardMoeRatios(paperMosei, 299).parameters.toFixed(2)).toBe('5.73');
  });

  test('and 5.86 times less multiply-adds per frame and task with all experts active', () => {
    expect(standardMoeRatios(paperMosei, 299).multiplyAdds.toFixed(2)).toBe('5.86');
    const oneTask = { ...paperMosei, tasks: ['sentiment'] };
    const work = (config: TaskMoeConfig) => taskMoeCost(config, 1, { active: 'all' }).multiplyAdds - 192 * 15;
    expect(work(oneTask)).toBe(16 * (3 * 768 * 128 + 128 * 768) + 768 * 192 + 192 * 192);
    expect((work(fullRank(oneTask)) / work(oneTask)).toFixed(2)).toBe('5.86');
  });

  test('parameters are the number of elements of the tree, component by component', () => {
    fc.assert(
      fc.property(configs, fc.boolean(), (config, isLast) => {
        const params = initTaskMoe(config, createRng(1), { isLast });
        const sizes: Record<string, number> = {};
        const { components, parameters } = taskMoeCost(config, 3, { isLast });
        for (const { name } of components) sizes[name] = 0;
        for (const [path, leaf] of leaves(params)) {
          const name = Object.keys(sizes).find((name) => path.startsWith(`${name}.`));
          expect(name, path).toBeDefined();
          sizes[name!]! += leaf.size;
        }
        expect(Object.fromEntries(components.map(({ name, parameters }) => [name, parameters]))).toEqual(sizes);
        expect(parameters).toBe(countParams(params));
      }),
      { numRuns: 60 },
    );
  });

  test('multiply-adds with all experts active are those that the fused form computes', async () => {
    await fc.assert(
      fc.asyncProperty(configs, async (config) => {
        const options = { ...config, topK: config.ranks.length, form: 'fused' } as const;
        const { x, mask } = oneSample(config);
        const blocks = initUniTse(config, 2, createRng(1));
        const counted = await countedMultiplyAdds(() => uniTse(blocks, x, mask, options).outputs);
        const expected = uniTseCost(config, 2, frames, 'all').reduce((sum, cost) => sum + cost.multiplyAdds, 0);
        const requests = 2 * config.tasks.length + (config.mixture === 'ple' ? 1 : 0);
        expect(Math.round(counted - scaling(config, requests))).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('those of the selected experts are the most that the sparse form computes, and what it computes for one task', async () => {
    await fc.assert(
      fc.asyncProperty(configs, async (config) => {
        const equalRanks = { ...config, ranks: config.ranks.map(() => config.taskRank) };
        for (const [of, exact] of [
          [config, false],
          [{ ...equalRanks, tasks: ['a'], mixture: 'mmoe' }, true],
        ] as const) {
          const { x, mask } = oneSample(of);
          const params = initTaskMoe(of, createRng(1));
          const run = () =>
            Object.values(taskMoe(params, x, mask, { ...of, form: 'sparse' })).map(({ output }) => output);
          const counted = await countedMultiplyAdds(run);
          const cost = taskMoeCost(of, frames).multiplyAdds;
          if (!exact) expect(counted).toBeLessThanOrEqual(cost + scaling(of, of.tasks.length) + 1e-6);
          else {
            const scaled = of.ranks.length * (of.topK * of.taskRank + of.dModel);
            expect(Math.round(counted - scaled)).toBe(cost);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test('what is left out of a configuration is the default, all experts active', () => {
    const { topK: _, ...rest } = paperMosei;
    const short = { dModel: 768, tasks: rest.tasks, ranks: rest.ranks, taskRank: 128 };
    expect(taskMoeCost(short, 299)).toEqual(taskMoeCost(paperMosei, 299, { active: 'all' }));
    expect(taskMoeCost({ ...short, topK: 8 }, 299)).toEqual(taskMoeCost(paperMosei, 299));
  });

  test('more experts than there are cannot be selected', () => {
    expect(() => taskMoeCost({ ...paperMosei, topK: 16 }, 1)).toThrow('taskMoeCost topK: expected 1 .. 15, got 16');
  });

  test('an expert that was pruned costs its row of biases only', () => {
    const pruned = { ...paperMosei, ranks: [0, ...paperMosei.ranks.slice(1)] };
    expect(taskMoeCost(paperMosei, 1).parameters - taskMoeCost(pruned, 1).parameters).toBe(4 * 768 * 128 + 128);
  });
});
