import type { Rng } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';
import {
  initTaskMoe,
  type TaskMoeConfig,
  type TaskMoeOptions,
  type TaskMoeOutput,
  type TaskMoeParams,
  taskMoe,
} from './task-moe';

export type UniTseOutput<Task extends string> = {
  /** [B, T, D] for each task, from the last block */ outputs: Record<Task, tf.Tensor3D>;
  /** Gates and balance loss of each block, first to last */ blocks: Record<Task, TaskMoeOutput>[];
};

export function initUniTse(config: TaskMoeConfig, numBlocks: number, rng: Rng): TaskMoeParams[] {
  return Array.from({ length: numBlocks }, () => initTaskMoe(config, rng));
}

/**
 * Unified task separation and extraction for one modality: stacked blocks of `taskMoe`. The first reads the same x for every task,
 * each later one its task's output of the block before.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real frame.
 * @see MMoLRE, section III-B
 */
export function uniTse<Task extends string>(
  params: readonly TaskMoeParams<Task>[],
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: TaskMoeOptions,
): UniTseOutput<Task> {
  const blocks: Record<Task, TaskMoeOutput>[] = [];
  let inputs: tf.Tensor3D | Record<Task, tf.Tensor3D> = x;
  for (const block of params) {
    const results = taskMoe(block, inputs, mask, options);
    blocks.push(results);
    const names = Object.keys(results) as Task[];
    inputs = Object.fromEntries(names.map((task) => [task, results[task].output])) as Record<Task, tf.Tensor3D>;
  }
  return { outputs: inputs as Record<Task, tf.Tensor3D>, blocks };
}
