import {
  type Activation,
  activations,
  evaluating,
  initLayerNorm,
  type LayerNormParams,
  type Mode,
  modeFor,
  type Rng,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { combine, inputFor, mixShared, route } from './block-parts';
import type { Form } from './forms';
import { initLowRankExpert, type LowRankExpertParams, lowRankExpert } from './low-rank-expert';
import { ple } from './ple';
import { balanceLoss, initRouter, type RouterParams } from './router';
import { initSharedExperts, type SharedExpertsParams } from './shared-experts';

// B batch, T time, D dModel, N shared experts

/**
 * How a task gets its features from the experts.
 * - `mmolre`: its router's choice among the shared experts, plus its own expert.
 * - `mmoe`: its router's choice among the shared experts; no expert of its own (Ma et al., 2018).
 * - `ple`: its router weighs its own expert too, and the shared experts read, and between blocks keep, a stream of their own, gated
 *   over every task's experts (Tang et al., 2020).
 *
 * Any of them has full-rank experts ("standard MoE") with every rank equal to dModel.
 */
export type Mixture = 'mmolre' | 'mmoe' | 'ple';

export type TaskMoeOptions = {
  mixture?: Mixture;
  /** Rank of each shared expert, 0 for a pruned one; their number is N. */
  ranks: readonly number[];
  /** Shared experts that a sample gets, 1 .. N. */
  topK: number;
  /** Between an expert's two convolutions. The paper: identity. */
  expertActivation: Activation;
  /** Between the router's two convolutions. */
  routerActivation: Activation;
  /** Makes the k kept gates sum to 1. The paper: false. */
  renormaliseGates: boolean;
  /** Deviation of the noise on the router's logits in training. The paper: 0. */
  gateNoise?: number;
  /** Adds the input to the output. The paper: false. */
  residual: boolean;
  /** A layer norm after that. The paper: false. */
  norm: boolean;
  /** How to compute it; every way gives the same result. By default the fastest for the shape and the backend. */
  form?: Form | 'auto';
};

export type TaskMoeConfig = TaskMoeOptions & {
  dModel: number;
  tasks: readonly string[];
  /** Rank of each task's own expert. */
  taskRank: number;
  /** Frames that the experts' second convolution sees. The paper: 1. */
  upKernel?: 1 | 3;
};

export type TaskParams = {
  /** none in `mmoe` */ expert?: LowRankExpertParams;
  router: RouterParams;
  norm?: LayerNormParams;
};
export type TaskMoeParams<Task extends string = string> = {
  shared: SharedExpertsParams;
  tasks: Record<Task, TaskParams>;
  /**
   * What the shared stream of `ple` has of its own, in every block but the last. Its router weighs the shared experts, then each task's, in the
   * order that the tasks have in the tree.
   */
  stream?: Omit<TaskParams, 'expert'>;
};

export type TaskMoeOutput = {
  /** [B, T, D], padded frames 0 */ output: tf.Tensor3D;
  /** [B, N] of the shared experts, 0 where one was not selected */ gates: tf.Tensor2D;
  /** How unevenly the experts are used, 0 = evenly. Not weighted. */ balanceLoss: tf.Scalar;
};

export function initTaskMoe(config: TaskMoeConfig, rng: Rng, { isLast = true } = {}): TaskMoeParams {
  const { dModel, tasks, ranks, taskRank, mixture = 'mmolre' } = config;
  const N = ranks.length;
  const norm = () => config.norm && { norm: initLayerNorm(dModel) };
  const initTask = (): TaskParams => ({
    ...(mixture !== 'mmoe' && { expert: initLowRankExpert({ ...config, rank: taskRank }, rng) }),
    router: initRouter(dModel, mixture === 'ple' ? N + 1 : N, rng),
    ...norm(),
  });
  const shared = initSharedExperts(config, rng);
  return {
    shared,
    tasks: Object.fromEntries(tasks.map((task) => [task, initTask()])),
    ...(mixture === 'ple' && !isLast && { stream: { router: initRouter(dModel, N + tasks.length, rng), ...norm() } }),
  };
}

/**
 * One block of UniTSE: every task gets its router's choice among the shared low-rank experts, plus its own expert.
 *
 *   h_task = sum over top-k of g_task,n · f_n(x) + f_task(x)
 *
 * @param inputs [B, T, D], one for all tasks (what they share is then computed once) or one per task.
 * @param mask [B, T], 1 = real frame. Padded frames of the input must be 0.
 * @returns For each task; with `ple`, also for the shared stream, unless the block is the last.
 * @throws If an input does not fit, or topK is not 1 .. N.
 * @see MMoLRE, section III-B, equation 1
 */
export function taskMoe<Task extends string>(
  params: TaskMoeParams<Task>,
  inputs: tf.Tensor3D | Record<Task, tf.Tensor3D>,
  mask: tf.Tensor2D,
  options: TaskMoeOptions,
  mode: Mode = evaluating,
): Record<Task, TaskMoeOutput> {
  if (options.mixture === 'ple') return ple(params, inputs, mask, options, mode);
  const activation = activations[options.expertActivation];
  return tf.tidy(() => {
    const names = Object.keys(params.tasks) as Task[];
    const routed = names.map((name, part) => {
      const x = inputFor(name, inputs, mask, params);
      return { x, gates: route(params.tasks[name].router, x, mask, options, modeFor(mode, part)) };
    });
    const mixed = mixShared(params, routed, mask, options);
    const results = names.map((name, i) => {
      const { expert, norm } = params.tasks[name];
      const { x, gates } = routed[i]!;
      const parts = expert ? [mixed[i]!, lowRankExpert(expert, x, activation, mask)] : [mixed[i]!];
      return [name, { output: combine(x, parts, norm, mask, options), gates, balanceLoss: balanceLoss(gates) }];
    });
    return Object.fromEntries(results) as Record<Task, TaskMoeOutput>;
  });
}
