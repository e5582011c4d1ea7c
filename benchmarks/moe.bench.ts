import type { TaskMoeOptions, TaskMoeParams } from '@mmolre/moe';
import { leaves, type Params } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Benchmark, Case, NodeSide, PythonSide, Work } from './src/benchmark';
import {
  type Block,
  type BlockSize,
  blockForward,
  blockOutputs,
  blockSteps,
  drawBlock,
  forEachTask,
  OPTIMIZING,
  paperBlock,
  TASKS,
} from './src/moe-block';
import type { TensorFile } from './src/tensor-file';

// The paper's block for MOSEI at the full length of an audio clip (6 s).

const T = 299;
const STEPS = 3;
const config = paperBlock();
const [D, N, R] = [config.dModel, config.ranks.length, config.ranks[0]];

type Size = Omit<BlockSize, 'frames'>;

function data(size: Size): Record<string, tf.Tensor> {
  const { params, inputs, mask } = drawBlock(config, { ...size, frames: T });
  const weights = [...leaves(params as Params)].map(([path, leaf]) => [`params.${path}`, leaf]);
  const named =
    inputs instanceof tf.Tensor ? [['x', inputs]] : Object.entries(inputs).map(([task, x]) => [`x.${task}`, x]);
  return { ...Object.fromEntries([...weights, ...named]), mask };
}

const read = (file: TensorFile): Block => ({
  params: file.tree<TaskMoeParams>('params'),
  inputs: file.keys.includes('x')
    ? file.get<tf.Tensor3D>('x')
    : forEachTask((task) => file.get<tf.Tensor3D>(`x.${task}`)),
  mask: file.get<tf.Tensor2D>('mask'),
});

/** The forward pass with some options; `checked` are those whose outputs are compared, where they are others. */
function forward(timed: TaskMoeOptions, checked = timed): NodeSide {
  return (file) => {
    const block = read(file);
    return {
      run: () => blockForward(block, { ...config, ...timed }),
      results: () => tf.tidy(() => blockOutputs(block, { ...config, ...checked })),
    };
  };
}

/** What is compared: the losses of a few steps, and the weights after them. */
function trainingStep(file: TensorFile): Work {
  const { step, trained } = blockSteps(read(file), config);
  return {
    run: step,
    results: () => ({ losses: tf.tensor1d(Array.from({ length: STEPS }, step)), ...trained() }),
  };
}

function torchLoop(training: boolean): PythonSide {
  const sizes = { d_model: D, num_experts: N, rank: R, tasks: TASKS, task_rank: config.taskRank };
  return { python: 'moe', settings: { training, ...OPTIMIZING, steps: STEPS, ...sizes } };
}

/** Of each sample the selected experts alone, by products that PyTorch groups over the experts. */
function torchGrouped(topK: number): PythonSide {
  const { python, settings } = torchLoop(false);
  return { python, settings: { ...settings, top_k: topK, grouped: true } };
}

const sizes: Size[] = [1, 8].flatMap((batch) => [false, true].map((oneInput) => ({ batch, oneInput })));
const caseOf = (name: string, size: Size, sides: Pick<Case, 'ours' | 'theirs'>): Case => ({
  name: `${name}, batch ${size.batch}${size.oneInput ? ', one input for both tasks' : ''}`,
  data: () => data(size),
  ...sides,
});

export const moe: Benchmark = {
  title: `One UniTSE block: d ${D}, ${N} shared experts of rank ${R}, ${T} frames, ${TASKS.length} tasks`,
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
