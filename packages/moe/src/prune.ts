import { mapLeaves } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { TaskUsage } from './inspect';
import type { SharedExpertsParams } from './shared-experts';
import type { TaskMoeParams } from './types';

// D dModel, N shared experts, S the sum of their ranks

export type Pruned<Task extends string, Options> = {
  /** The block without the pruned experts' weights. New tensors. */ params: TaskMoeParams<Task>;
  /** The given options with rank 0 where an expert was pruned. */ options: Options;
  /** Numbers of the experts that are gone, ascending. */ pruned: number[];
};

/**
 * Takes the weights of a block's unused experts away: those that no task (and with `ple`, not the shared stream either) selected for
 * any sample that `usage` counts.
 *
 * A pruned expert has rank 0: it holds nothing of `down`, `downBias` and `up`, and a row of zeros in `upBias`. The routers keep all
 * their logits, so every sample has the gates it had, and the outputs on the counted samples do not change. A sample that selects a
 * pruned expert later gets nothing from it; `addUsage`, told the ranks, counts it as a miss.
 *
 * @param usage Of this block, by task: one entry of what `addUsage` returns.
 * @throws If no sample was counted, or another number of experts.
 */
export function pruneExperts<Task extends string, Options extends { ranks: readonly number[] }>(
  params: TaskMoeParams<Task>,
  options: Options,
  usage: Record<string, TaskUsage>,
): Pruned<Task, Options> {
  const { ranks } = options;
  const tasks = Object.entries(usage);
  for (const [task, { samples, selected }] of tasks) {
    if (selected.length !== ranks.length)
      throw new Error(`pruneExperts usage.${task}: expected ${ranks.length} experts, got ${selected.length}`);
    if (samples === 0) throw new Error(`pruneExperts usage.${task}: expected at least one sample, got none`);
  }
  const missing = Object.keys(params.tasks).filter((task) => !usage[task]);
  if (missing.length > 0) throw new Error(`pruneExperts usage: expected every task, ${missing.join(', ')} is missing`);

  const isUsed = (n: number) => tasks.some(([, { selected }]) => selected[n]! > 0);
  const kept = [...ranks.keys()].filter((n) => ranks[n]! > 0 && isUsed(n));
  // Only a `ple` whose tasks all select nothing but their own expert comes here; no backend computes with no unit at all.
  if (kept.length === 0) kept.push(ranks.findIndex((rank) => rank > 0));
  return tf.tidy(() => ({
    params: { ...mapLeaves(params, (leaf) => tf.clone(leaf)), shared: keepExperts(params.shared, ranks, kept) },
    options: { ...options, ranks: ranks.map((rank, n) => (kept.includes(n) ? rank : 0)) },
    pruned: [...ranks.keys()].filter((n) => ranks[n]! > 0 && !kept.includes(n)),
  }));
}

function keepExperts(
  { down, downBias, up, upBias }: SharedExpertsParams,
  ranks: readonly number[],
  kept: readonly number[],
): SharedExpertsParams {
  const units = (n: number) => ranks.slice(0, n).reduce((sum, rank) => sum + rank, 0);
  const keep = <T extends tf.Tensor>(x: T, axis: number): T => {
    const slices = kept.map((n) => {
      const [begin, size] = [x.shape.map(() => 0), [...x.shape]];
      begin[axis] = units(n);
      size[axis] = ranks[n]!;
      return tf.slice(x, begin, size) as tf.Tensor;
    });
    return tf.concat(slices, axis) as T;
  };
  const rows = (tf.unstack(upBias) as tf.Tensor1D[]).map((row, n) => (kept.includes(n) ? row : tf.zerosLike(row)));
  return {
    down: keep(down, 2),
    downBias: keep(downBias, 0),
    up: keep<tf.Tensor2D | tf.Tensor3D>(up, up.rank - 2),
    upBias: tf.stack(rows) as tf.Tensor2D,
  };
}
