import { initTaskMoe, type TaskMoeConfig, type TaskMoeOptions, type TaskMoeParams, taskMoe } from '@mmolre/moe';
import {
  adamWStep,
  applyMask,
  createRng,
  initAdamW,
  leaves,
  mapLeaves,
  normal,
  type Params,
  trainable,
  variables,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// One block of UniTSE with two tasks: B batch, T time, D dModel, N shared experts of rank R

export const TASKS = ['sentiment', 'emotion'];
export const OPTIMIZING = { rate: 1e-4, decay: 0.01 };

/** The paper's block for MOSEI, with so many shared experts, of which each sample gets so many: all. */
export const paperBlock = (numExperts = 15, topK = numExperts): TaskMoeConfig => ({
  dModel: 768,
  tasks: TASKS,
  ranks: Array(numExperts).fill(128),
  taskRank: 128,
  topK,
  expertActivation: 'identity',
  routerActivation: 'gelu',
  renormaliseGates: false,
  residual: false,
  norm: false,
});

/** What a block computes with: its parameters, [B, T, D] for both tasks or for each, and [B, T], 1 = real frame. */
export type Block = {
  params: TaskMoeParams;
  inputs: tf.Tensor3D | Record<string, tf.Tensor3D>;
  mask: tf.Tensor2D;
};

export type BlockSize = {
  batch: number;
  frames: number;
  /** One input for both tasks, as in the first block of a model; else one a task, as in every later one. */
  oneInput: boolean;
};

/** Weights with biases that are not 0, and inputs whose samples differ enough to select different experts. */
export function drawBlock(config: TaskMoeConfig, { batch: B, frames: T, oneInput }: BlockSize): Block {
  const rng = createRng(1);
  const params = mapLeaves(initTaskMoe(config, rng) as Params, (leaf, path) =>
    path.toLowerCase().endsWith('bias') ? normal(leaf.shape, 0.05, rng) : leaf,
  ) as TaskMoeParams;
  // Sample b has b frames less than the longest, so that the masks matter to the results but hardly to the time.
  const mask = tf.tensor2d(Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_, t) => Number(t < T - b))));
  const input = () => {
    const frames = normal<tf.Rank.R3>([1, T, config.dModel], 0.7, rng);
    return applyMask(tf.add(frames, normal([B, 1, config.dModel], 0.7, rng)), mask);
  };
  return { params, inputs: oneInput ? input() : forEachTask(input), mask };
}

/** [B, T, D] for each task. */
export function blockOutputs({ params, inputs, mask }: Block, options: TaskMoeOptions): Record<string, tf.Tensor3D> {
  const results = taskMoe(params, inputs, mask, options);
  return forEachTask((task) => results[task]!.output);
}

/** The forward pass; a number of each output is read back. */
export const blockForward = (block: Block, options: TaskMoeOptions): number =>
  tf.tidy(() => Object.values(blockOutputs(block, options)).reduce((sum, output) => sum + firstNumber(output), 0));

/**
 * Steps of AdamW on the sum of squares of all outputs. The inputs are shifted by a vector that is trained too, since in a model an
 * encoder or a block before learns from the inputs' gradient.
 *
 * @returns A step, which gives the loss before it, and what it trains.
 */
export function blockSteps({ params: weights, inputs, mask }: Block, options: TaskMoeOptions) {
  const D = weights.shared.down.shape[1];
  const params = trainable({ ...weights, shift: tf.zeros<tf.Rank.R1>([D]) });
  const shift = (x: tf.Tensor3D) => applyMask(tf.add(x, params.shift), mask);
  const shifted = () =>
    inputs instanceof tf.Tensor ? shift(inputs) : forEachTask((task) => shift(inputs[task] as tf.Tensor3D));
  const optimizer = initAdamW(variables(params));
  const loss = () =>
    tf.addN(
      Object.values(taskMoe(params, shifted(), mask, options, { training: true, seed: 1 })).map(({ output }) =>
        tf.sum(tf.square(output)),
      ),
    ) as tf.Scalar;
  const step = () => adamWStep(optimizer, { weightDecay: OPTIMIZING.decay }, loss, OPTIMIZING.rate);
  return { step, trained: () => Object.fromEntries(leaves(params)) };
}

export const forEachTask = <V>(value: (task: string) => V): Record<string, V> =>
  Object.fromEntries(TASKS.map((task) => [task, value(task)]));

const firstNumber = (x: tf.Tensor): number => tf.slice(tf.reshape(x, [-1]), 0, 1).dataSync()[0]!;
