import { describeEachBackend } from '@mmolre/backend/test';
import { applyMask, disposeParams, leaves, mapLeaves, type Params, trainable } from '@mmolre/nn';
import { differingGradients, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TaskMoeConfig, type TaskMoeOutput, type TaskMoeParams, taskMoe, uniTse, zLoss } from './index';

// B batch, T time, D dModel

const files = ['mixtures', 'token-routing'].map((name) =>
  readFixture(new URL(`./__fixtures__/${name}.safetensors`, import.meta.url)),
);
/** The settings of a file's cases, and how much the balance losses and the z-losses count in the loss whose gradients it has. */
type About = { cases: Record<string, TaskMoeConfig>; balance: number; z?: number };
const cases = Object.assign({}, ...files.map((file) => file.about<About>().cases)) as About['cases'];
const fileOf = (name: string) => files.find((file) => name in file.about<About>().cases)!;
const formsOf = ({ routing }: TaskMoeConfig) =>
  routing === 'token' ? (['loop', 'fused'] as const) : (['loop', 'fused', 'sparse'] as const);

type Inputs = Record<string, tf.Tensor3D>;
type Results = Record<string, TaskMoeOutput>;
/** Parameters of each block, `x` for all streams or one input for each, and the mask. */
type Given = { params: TaskMoeParams[]; inputs: Inputs; mask: tf.Tensor2D };

function read(name: string): Given {
  const fixture = fileOf(name);
  const { mask, ...inputs } = fixture.tree<Record<string, tf.Tensor>>(`${name}.input`);
  // A file keeps its tensors in another order; the gates of ple's shared stream go by the order of the tasks.
  const params = fixture.tree<TaskMoeParams[]>(`${name}.params`).map(({ tasks, ...block }) => ({
    ...block,
    tasks: Object.fromEntries(cases[name]!.tasks.map((task) => [task, tasks[task]!])),
  }));
  return { params, inputs: inputs as Inputs, mask: mask as tf.Tensor2D };
}

/** What each block gives each stream. */
function run({ params, inputs, mask }: Given, options: TaskMoeConfig): Results[] {
  const masked = mapLeaves(inputs, (x) => applyMask(x as tf.Tensor3D, mask)) as Inputs;
  return masked.x ? uniTse(params, masked.x, mask, options).blocks : [taskMoe(params[0]!, masked, mask, options)];
}

/** One of the results' tensors, by block and stream, as the fixture has them. */
const each = (blocks: Results[], key: 'gates' | 'balanceLoss') =>
  leaves(blocks.map((block) => Object.fromEntries(Object.entries(block).map(([name, result]) => [name, result[key]]))));
const outputsOf = (blocks: Results[]): Inputs =>
  Object.fromEntries(Object.entries(blocks.at(-1)!).map(([name, { output }]) => [name, output]));

function expectEqual(got: ReadonlyMap<string, tf.Tensor>, want: ReadonlyMap<string, tf.Tensor>, what: string) {
  expect([...got.keys()].sort(), what).toEqual([...want.keys()].sort());
  for (const [path, tensor] of want) {
    expect(got.get(path)!.shape, `${what} ${path}`).toEqual(tensor.shape);
    expect(relativeError(got.get(path)!, tensor), `${what} ${path}`).toBeLessThan(1e-5);
  }
}

describeEachBackend('mixtures', () => {
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  describe.each(Object.entries(cases))('%s', (name, config) => {
    const fixture = fileOf(name);
    const { balance, z } = fixture.about<About>();

    test.each([...formsOf(config), 'auto'] as const)('%s equals PyTorch', (form) => {
      const options = { ...config, form };
      const trained = trainable(read(name) as Params) as Given;
      const wanted = (key: string) => fixture.tree<Params>(`${name}.${key}`);
      const blocks = run(trained, options);
      expectEqual(leaves(outputsOf(blocks)), leaves(wanted('output')), 'output');
      expectEqual(each(blocks, 'gates'), leaves(wanted('gates')), 'gates');
      expectEqual(each(blocks, 'balanceLoss'), leaves(wanted('balance')), 'balance loss');

      const weights = wanted('weight') as Inputs;
      const loss = () => {
        const blocks = run(trained, options);
        const parts = Object.entries(outputsOf(blocks)).map(([task, y]) => tf.sum(tf.mul(y, weights[task]!)));
        const balances = [...each(blocks, 'balanceLoss').values()].map((value) => tf.mul(value, balance));
        const { mask } = trained;
        const zLosses = blocks.flatMap((block) => Object.values(block).map(({ logits }) => zLoss(logits, mask)));
        return tf.addN([...parts, ...balances, ...(z ? zLosses.map((value) => tf.mul(value, z)) : [])]) as tf.Scalar;
      };
      const theirs = { params: wanted('grads.params'), inputs: wanted('grads.input') };
      const { gradients } = gradientsOf(loss, trained as Params, theirs);
      expect(differingGradients(gradients, theirs, 1e-4)).toEqual([]);
      disposeParams(trained as Params);
    });

    test.each(formsOf(config))('%s: neither padding, nor order, nor company change a clip', (form) => {
      const options = { ...config, form };
      const { params, inputs, mask } = read(name);
      const all = run({ params, inputs, mask }, options);
      const padding = tf.expandDims(tf.sub(1, mask), 2);
      for (const { output } of all.flatMap((block) => Object.values(block))) {
        expect(tf.max(tf.abs(tf.mul(output, padding))).dataSync()[0]).toBe(0);
      }

      /** The same, within 1e-5, of some of the clips, in that order and of T frames. */
      const expectSame = (clips: number[], T: number) => {
        const resized = (x: tf.Tensor) => resizeTime(tf.gather(x, clips), T);
        const given = { params, mask: resized(mask) as tf.Tensor2D, inputs: mapLeaves(inputs, resized) };
        const some = run(given, options);
        const what = `clips ${clips} of ${T} frames`;
        expectEqual(leaves(outputsOf(some)), leaves(mapLeaves(outputsOf(all), resized)), what);
        const sameClips = (gates: tf.Tensor) => (gates.rank === 3 ? resized(gates) : tf.gather(gates, clips));
        const chosen = [...each(all, 'gates')].map(([path, gates]) => [path, sameClips(gates)] as const);
        expectEqual(each(some, 'gates'), new Map(chosen), what);
      };
      const lengths = [...tf.sum(mask, 1).dataSync()];
      for (const clip of lengths.keys()) expectSame([clip], lengths[clip]!);
      expectSame([2, 0, 1], mask.shape[1] + 3);
    });
  });
});

/** [B, T, ...] cut, or filled up with zeros, to another T. */
function resizeTime(x: tf.Tensor, T: number): tf.Tensor {
  const [B, from, ...rest] = x.shape as [number, number, ...number[]];
  if (T <= from) return tf.slice(x, [0, 0, ...rest.map(() => 0)], [B, T, ...rest]);
  return tf.concat([x, tf.zeros([B, T - from, ...rest])], 1);
}
