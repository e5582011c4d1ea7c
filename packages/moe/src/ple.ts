import { type Mode, modeFor } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { combine, inputFor, mixShared, ownExpert, route } from './block-parts';
import type { FilledOptions } from './fill-options';
import { type GateTensor, overFrames } from './gates';
import type { TaskMoeOutput, TaskMoeParams } from './types';

/** The name under which the shared stream goes from block to block; no task may have it. */
export const SHARED_STREAM = 'shared';

/**
 * One block of progressive layered extraction, for comparison: a task's router weighs the shared experts and the task's own; the
 * shared experts read a stream of their own, for which another router weighs them and every task's.
 *
 * Called by `taskMoe`. @see Tang et al., "Progressive Layered Extraction", RecSys 2020, section 4.2
 */
export function ple<Task extends string>(
  params: TaskMoeParams<Task>,
  inputs: tf.Tensor3D | Record<Task, tf.Tensor3D>,
  mask: tf.Tensor2D,
  options: FilledOptions,
  mode: Mode,
): Record<Task, TaskMoeOutput> {
  const N = options.ranks.length;
  const own = Object.entries<TaskMoeParams['tasks'][string]>(params.tasks).map(([name, { expert, ...task }]) => {
    const x = inputFor(name, inputs, mask, params);
    return { name, ...task, x, experts: [ownExpert(expert!, x, mask, options)] };
  });
  const sharedInput = inputFor(SHARED_STREAM, inputs, mask, params);
  const everyExpert = own.flatMap(({ experts }) => experts);
  const streams = params.stream
    ? [...own, { name: SHARED_STREAM, ...params.stream, x: sharedInput, experts: everyExpert }]
    : own;

  const routed = streams.map(({ router, x }, part) => route(router, x, mask, options, modeFor(mode, part)));
  const requests = routed.map(({ gates }) => ({ x: sharedInput, gates: columns(gates, 0, N) }));
  const mixed = mixShared(params, requests, mask, options);
  const results = streams.map(({ name, x, norm, experts }, i) => {
    const { gates, logits, balanceLoss } = routed[i]!;
    const weighed = experts.map((y, j) => tf.mul(y, overFrames(columns(gates, N + j, 1))) as tf.Tensor3D);
    const output = combine(x, [mixed[i]!, ...weighed], norm, mask, options);
    return [name, { output, gates: requests[i]!.gates, logits, balanceLoss }];
  });
  return Object.fromEntries(results) as Record<Task, TaskMoeOutput>;
}

const columns = (gates: GateTensor, from: number, count: number): GateTensor =>
  gates.rank === 3 ? tf.slice(gates, [0, 0, from], [-1, -1, count]) : tf.slice(gates, [0, from], [-1, count]);
