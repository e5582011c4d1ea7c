import { initTaskMoe, type TaskMoeConfig, type TaskMoeParams, taskMoe } from '@mmolre/moe';
import {
  adamWStep,
  applyMask,
  createRng,
  initAdamW,
  leaves,
  normal,
  type Params,
  trainable,
  variables,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Benchmark, Case, NodeSide, PythonSide, Work } from './src/benchmark';
import type { TensorFile } from './src/tensor-file';

// The paper's block for MOSEI at the full length of an audio clip (6 s): B batch, T time, D dModel, N shared experts of rank R.

const [T, D, N, R] = [299, 768, 15, 128];
const tasks = ['sentiment', 'emotion'];
const config: TaskMoeConfig = {
  dModel: D,
  tasks,
  ranks: Array(N).fill(R),
  taskRank: 128,
  topK: N,
  expertActivation: 'identity',
  routerActivation: 'gelu',
  renormaliseGates: false,
  residual: false,
  norm: false,
};
const optimizing = { rate: 1e-4, decay: 0.01, steps: 3 };

type Size = {
  batch: number;
  /** One input for both tasks, as in the first block; else one a task, as in the second. */
  oneInput: boolean;
};

/** Weights with biases that are not 0, and inputs whose samples differ enough to select different experts. */
function data({ batch: B, oneInput }: Size): Record<string, tf.Tensor> {
  const rng = createRng(1);
  const params = initTaskMoe(config, rng) as Params;
  const weights = [...leaves(params)].map(([path, leaf]) => [
    `params.${path}`,
    path.toLowerCase().endsWith('bias') ? normal(leaf.shape, 0.05, rng) : leaf,
  ]);
  // Sample b has b frames less than the longest, so that the masks matter to the results but hardly to the time.
  const mask = tf.tensor2d(Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_, t) => Number(t < T - b))));
  const input = () => {
    const frames = normal<tf.Rank.R3>([B, T, D], 0.7, rng);
    return applyMask(tf.add(frames, normal([B, 1, D], 0.7, rng)), mask);
  };
  const inputs = oneInput ? [['x', input()]] : tasks.map((task) => [`x.${task}`, input()]);
  return { ...Object.fromEntries([...weights, ...inputs]), mask };
}

function read(file: TensorFile) {
  const inputs = file.keys.includes('x')
    ? file.get<tf.Tensor3D>('x')
    : Object.fromEntries(tasks.map((task) => [task, file.get<tf.Tensor3D>(`x.${task}`)]));
  return { params: file.tree<TaskMoeParams>('params'), inputs, mask: file.get<tf.Tensor2D>('mask') };
}

const forEachTask = <V>(value: (task: string) => V): Record<string, V> =>
  Object.fromEntries(tasks.map((task) => [task, value(task)]));

/** The forward pass with some options; `checked` are those whose outputs are compared, where they are others. */
function forward(timed: Partial<TaskMoeConfig>, checked = timed): NodeSide {
  return (file) => {
    const { params, inputs, mask } = read(file);
    const outputs = (options: Partial<TaskMoeConfig>) => {
      const results = taskMoe(params, inputs, mask, { ...config, ...options });
      return forEachTask((task) => results[task]!.output);
    };
    return {
      run: () => tf.tidy(() => sum(Object.values(outputs(timed)).map(firstNumber))),
      results: () => tf.tidy(() => outputs(checked)),
    };
  };
}

/**
 * A step of AdamW on the sum of squares of all outputs. The inputs are shifted by a vector that is trained too, since in a model an
 * encoder or a block before learns from the inputs' gradient. What is compared: the losses of a few steps, and the weights after them.
 */
function trainingStep(file: TensorFile): Work {
  const { params: weights, inputs, mask } = read(file);
  const params = trainable({ ...weights, shift: tf.zeros<tf.Rank.R1>([D]) });
  const shifted = () => {
    const shift = (x: tf.Tensor3D) => applyMask(tf.add(x, params.shift), mask);
    return inputs instanceof tf.Tensor ? shift(inputs) : forEachTask((task) => shift(inputs[task]!));
  };
  const optimizer = initAdamW(variables(params));
  const loss = () =>
    tf.addN(
      Object.values(taskMoe(params, shifted(), mask, config, { training: true, seed: 1 })).map(({ output }) =>
        tf.sum(tf.square(output)),
      ),
    ) as tf.Scalar;
  const step = () => adamWStep(optimizer, { weightDecay: optimizing.decay }, loss, optimizing.rate);
  return {
    run: step,
    results: () => {
      const losses = tf.tensor1d(Array.from({ length: optimizing.steps }, step));
      return { losses, ...Object.fromEntries(leaves(params)) };
    },
  };
}

function torchLoop(training: boolean): PythonSide {
  const sizes = { d_model: D, num_experts: N, rank: R, tasks, task_rank: config.taskRank };
  return { python: 'moe', settings: { training, ...optimizing, ...sizes } };
}

/** Of each sample the selected experts alone, by products that PyTorch groups over the experts. */
function torchGrouped(topK: number): PythonSide {
  const { python, settings } = torchLoop(false);
  return { python, settings: { ...settings, top_k: topK, grouped: true } };
}

const firstNumber = (x: tf.Tensor): number => tf.tidy(() => tf.slice(tf.reshape(x, [-1]), 0, 1).dataSync()[0]!);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const sizes: Size[] = [1, 8].flatMap((batch) => [false, true].map((oneInput) => ({ batch, oneInput })));
const caseOf = (name: string, size: Size, sides: Pick<Case, 'ours' | 'theirs'>): Case => ({
  name: `${name}, batch ${size.batch}${size.oneInput ? ', one input for both tasks' : ''}`,
  data: () => data(size),
  ...sides,
});

export const moe: Benchmark = {
  title: `One UniTSE block: d ${D}, ${N} shared experts of rank ${R}, ${T} frames, ${tasks.length} tasks`,
  cases: [
    // Selecting 8 experts and running all 15 give different outputs, so equality is that of two ways to run the same 8.
    ...sizes.map((size) =>
      caseOf('sparse k8 / all experts, forward', size, {
        ours: forward({ form: 'sparse', topK: 8 }),
        theirs: forward({ form: 'fused' }, { form: 'fused', topK: 8 }),
      }),
    ),
    // On a CPU this takes PyTorch seconds of larger batches.
    caseOf('sparse k8 / torch grouped_mm, forward', sizes[0]!, {
      ours: forward({ form: 'sparse', topK: 8 }),
      theirs: torchGrouped(8),
    }),
    ...sizes.map((size) =>
      caseOf('best form / torch loop, forward, all active', size, { ours: forward({}), theirs: torchLoop(false) }),
    ),
    ...sizes.map((size) =>
      caseOf('best form / torch loop, training step', size, { ours: trainingStep, theirs: torchLoop(true) }),
    ),
  ],
};
