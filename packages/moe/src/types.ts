import type { Activation, LayerNormParams } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';
import type { Form } from './forms';
import type { GateTensor } from './gates';
import type { LowRankExpertParams } from './low-rank-expert';
import type { RouterParams, Routing } from './router';
import type { SharedExpertsParams } from './shared-experts';

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

/** What a block's parameters cannot say. What is left out is `TASK_MOE_DEFAULTS`'s, which is the paper's. */
export type TaskMoeOptions = {
  /** `mmolre` */ mixture?: Mixture;
  /**
   * Rank of each shared expert, 0 for a pruned one; their number is N. Left out, all are equal: where they are not, the parameters do not
   * show it, and ranks must be given.
   */
  ranks?: readonly number[];
  /** Shared experts that a sample gets, 1 .. N. Left out, all of them: the paper chooses 11 of 15 on MOSI, 8 of 15 on MOSEI. */
  topK?: number;
  /** Between an expert's two convolutions: identity. */
  expertActivation?: Activation;
  /** Between the router's two convolutions: gelu. */
  routerActivation?: Activation;
  /** What chooses the experts, a sample as a whole or each frame for itself; a padded frame chooses none: `sample`. */
  routing?: Routing;
  /** Makes the k kept gates sum to 1: false. */
  renormaliseGates?: boolean;
  /** Deviation of the noise on the router's logits in training: 0. */
  gateNoise?: number;
  /** Adds the input to the output: false. */
  residual?: boolean;
  /** A layer norm after that: false. Parameters that were made with one have it. */
  norm?: boolean;
  /** How to compute it; every way gives the same result. `auto`, the fastest for the shape and the backend. */
  form?: Form | 'auto';
};

/** What a block's parameters are made from. */
export type TaskMoeConfig = TaskMoeOptions & {
  dModel: number;
  tasks: readonly string[];
  /** Rank of each shared expert; their number is N. */
  ranks: readonly number[];
  /** Rank of each task's own expert. */
  taskRank: number;
  /** Frames that the experts' second convolution sees: 1. */
  upKernel?: 1 | 3;
  /** Gives every router an `expertBias` of zeros, for `lossFreeStep`; not with `ple`, whose routers weigh other experts too. Default: false. */
  expertBias?: boolean;
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
  /** [B, N] of the shared experts, 0 where one was not selected; with routing by token [B, T, N], padded frames 0 */ gates: GateTensor;
  /** Of everything that the router weighs, before noise and softmax, for `zLoss` */ logits: GateTensor;
  /** How unevenly the experts are used, 0 = evenly. Not weighted. */ balanceLoss: tf.Scalar;
};
