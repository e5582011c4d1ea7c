import { evaluating, initLayerNorm, type Mode, modeFor, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { combine, everyFrame, inputFor, mixShared, ownExpert, route } from './block-parts';
import { TASK_MOE_DEFAULTS } from './defaults';
import { type FilledOptions, fillOptions } from './fill-options';
import { initLowRankExpert } from './low-rank-expert';
import { ple } from './ple';
import { initRouter } from './router';
import { initSharedExperts } from './shared-experts';
import type { TaskMoeConfig, TaskMoeOptions, TaskMoeOutput, TaskMoeParams, TaskParams } from './types';

// B batch, T time, D dModel, N shared experts

/** Fresh parameters of a block; only the last one of several lacks the shared stream of `ple`. */
export function initTaskMoe(config: TaskMoeConfig, rng: Rng, { isLast = true } = {}): TaskMoeParams {
  const { dModel, tasks, ranks, taskRank, mixture = TASK_MOE_DEFAULTS.mixture, expertBias = false } = config;
  const N = ranks.length;
  if (expertBias && mixture === 'ple')
    throw new Error('initTaskMoe expertBias: expected mmolre or mmoe with it, got ple');
  const norm = () => config.norm && { norm: initLayerNorm(dModel) };
  const initTask = (): TaskParams => ({
    ...(mixture !== 'mmoe' && { expert: initLowRankExpert({ ...config, rank: taskRank }, rng) }),
    router: {
      ...initRouter(dModel, mixture === 'ple' ? N + 1 : N, rng),
      ...(expertBias && { expertBias: tf.zeros<tf.Rank.R1>([N]) }),
    },
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
 * Called with parameters and inputs alone it is the paper's block with all shared experts active and every frame real.
 *
 * @param inputs [B, T, D], one for all tasks (what they share is then computed once) or one per task.
 * @param mask [B, T], 1 = real frame. Padded frames of the input must be 0.
 * @returns For each task; with `ple`, also for the shared stream, unless the block is the last.
 * @throws If an input does not fit, the ranks are not those of the parameters, or topK is not 1 .. N.
 * @see MMoLRE, section III-B, equation 1
 */
export function taskMoe<Task extends string>(
  params: TaskMoeParams<Task>,
  inputs: tf.Tensor3D | Record<Task, tf.Tensor3D>,
  mask?: tf.Tensor2D,
  options: TaskMoeOptions = {},
  mode: Mode = evaluating,
): Record<Task, TaskMoeOutput> {
  const filled = fillOptions(options, params);
  const block = filled.mixture === 'ple' ? ple : separateTasks;
  return tf.tidy(() => block(params, inputs, mask ?? everyFrame(inputs, params), filled, mode));
}

/** A block of `mmolre` or `mmoe`: the tasks share experts and nothing else. */
function separateTasks<Task extends string>(
  params: TaskMoeParams<Task>,
  inputs: tf.Tensor3D | Record<Task, tf.Tensor3D>,
  mask: tf.Tensor2D,
  options: FilledOptions,
  mode: Mode,
): Record<Task, TaskMoeOutput> {
  const names = Object.keys(params.tasks) as Task[];
  const routed = names.map((name, part) => {
    const x = inputFor(name, inputs, mask, params);
    return { x, ...route(params.tasks[name].router, x, mask, options, modeFor(mode, part)) };
  });
  const mixed = mixShared(params, routed, mask, options);
  const results = names.map((name, i) => {
    const { expert, norm } = params.tasks[name];
    const { x, ...routing } = routed[i]!;
    const parts = expert ? [mixed[i]!, ownExpert(expert, x, mask, options)] : [mixed[i]!];
    return [name, { output: combine(x, parts, norm, mask, options), ...routing }];
  });
  return Object.fromEntries(results) as Record<Task, TaskMoeOutput>;
}
