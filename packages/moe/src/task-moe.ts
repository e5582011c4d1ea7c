import {
  type Activation,
  activations,
  applyMask,
  assertShape,
  initLayerNorm,
  type LayerNormParams,
  layerNorm,
  type Rng,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { initLowRankExpert, type LowRankExpertParams, lowRankExpert } from './low-rank-expert';
import { balanceLoss, initRouter, type RouterParams, router, topKGates } from './router';
import { downAll, initSharedExperts, mixUp, type SharedExpertsParams } from './shared-experts';

// B batch, T time, D dModel, N shared experts

export type TaskMoeOptions = {
  /** Rank of each shared expert; their number is N. */
  ranks: readonly number[];
  /** Shared experts that a sample gets, 1 .. N. */
  topK: number;
  /** Between an expert's two convolutions. The paper: identity. */
  expertActivation: Activation;
  /** Between the router's two convolutions. */
  routerActivation: Activation;
  /** Makes the k kept gates sum to 1. The paper: false. */
  renormaliseGates: boolean;
  /** Adds the input to the output. The paper: false. */
  residual: boolean;
  /** A layer norm after that. The paper: false. */
  norm: boolean;
};

export type TaskMoeConfig = TaskMoeOptions & {
  dModel: number;
  tasks: readonly string[] /** Rank of each task's own expert. */;
  taskRank: number;
};

export type TaskParams = { expert: LowRankExpertParams; router: RouterParams; norm?: LayerNormParams };

export type TaskMoeParams<Task extends string = string> = {
  shared: SharedExpertsParams;
  tasks: Record<Task, TaskParams>;
};

export type TaskMoeOutput = {
  /** [B, T, D], padded frames 0 */ output: tf.Tensor3D;
  /** [B, N], 0 where an expert was not selected */ gates: tf.Tensor2D;
  /** How unevenly the experts are used, 0 = evenly. Not weighted. */ balanceLoss: tf.Scalar;
};

export function initTaskMoe(config: TaskMoeConfig, rng: Rng): TaskMoeParams {
  const { dModel, tasks, ranks, taskRank } = config;
  const initTask = (): TaskParams => ({
    expert: initLowRankExpert({ dModel, rank: taskRank }, rng),
    router: initRouter(dModel, ranks.length, rng),
    ...(config.norm && { norm: initLayerNorm(dModel) }),
  });
  const shared = initSharedExperts(dModel, ranks, rng);
  return { shared, tasks: Object.fromEntries(tasks.map((task) => [task, initTask()])) };
}

/**
 * One block of UniTSE: every task gets its router's choice among the shared low-rank experts, plus its own expert.
 *
 *   h_task = sum over top-k of g_task,n · f_n(x) + f_task(x)
 *
 * @param inputs [B, T, D], one for all tasks (the shared experts' first convolution is then computed once) or one per task.
 * @param mask [B, T], 1 = real frame. Padded frames of the input must be 0.
 * @throws If an input does not fit, or topK is not 1 .. N.
 * @see MMoLRE, section III-B, equation 1
 */
export function taskMoe<Task extends string>(
  params: TaskMoeParams<Task>,
  inputs: tf.Tensor3D | Record<Task, tf.Tensor3D>,
  mask: tf.Tensor2D,
  options: TaskMoeOptions,
): Record<Task, TaskMoeOutput> {
  const { ranks, topK } = options;
  if (!Number.isInteger(topK) || topK < 1 || topK > ranks.length)
    throw new Error(`taskMoe topK: expected 1 .. ${ranks.length}, got ${topK}`);
  const activate = activations[options.expertActivation];
  const D = params.shared.down.shape[1];

  const mix = (task: TaskParams, x: tf.Tensor3D, hidden: tf.Tensor3D): TaskMoeOutput => {
    const probs = router(task.router, x, mask, options.routerActivation);
    const gates = topKGates(probs, topK, options.renormaliseGates);
    const mixed = mixUp(params.shared, hidden, gates, ranks);
    const own = lowRankExpert(task.expert, x, activate);
    const sum = tf.addN(options.residual ? [x, mixed, own] : [mixed, own]);
    const output = applyMask(task.norm ? layerNorm(task.norm, sum) : sum, mask);
    return { output, gates, balanceLoss: balanceLoss(probs) };
  };

  return tf.tidy(() => {
    const hiddenOf = (x: tf.Tensor3D) => {
      if (!x)
        throw new Error(
          `taskMoe inputs: expected one for each of ${Object.keys(params.tasks).join(', ')}, one is missing`,
        );
      assertShape(x, [...mask.shape, D], 'taskMoe input');
      return activate(downAll(params.shared, x));
    };
    const sameForAll = inputs instanceof tf.Tensor ? hiddenOf(inputs) : undefined;
    const names = Object.keys(params.tasks) as Task[];
    return Object.fromEntries(
      names.map((name) => {
        const x = inputs instanceof tf.Tensor ? inputs : inputs[name];
        return [name, mix(params.tasks[name], x, sameForAll ?? hiddenOf(x))];
      }),
    ) as Record<Task, TaskMoeOutput>;
  });
}
