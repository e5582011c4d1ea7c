import { evaluating, type Mode, modeFor, type Rng } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';
import { initTaskMoe, taskMoe } from './task-moe';
import type { TaskMoeConfig, TaskMoeOptions, TaskMoeOutput, TaskMoeParams } from './types';

export type UniTseOutput<Task extends string> = {
  /** [B, T, D] for each task, from the last block */ outputs: Record<Task, tf.Tensor3D>;
  /** Gates and balance loss of each block, first to last */ blocks: Record<Task, TaskMoeOutput>[];
};

/** One for all blocks, or one a block: they differ where experts were pruned. */
export type EachBlock<Options> = Options | readonly Options[];

export const ofBlock = <Options extends object>(options: EachBlock<Options>, i: number): Options =>
  Array.isArray(options) ? options[i] : (options as Options);

export function initUniTse(config: EachBlock<TaskMoeConfig>, numBlocks: number, rng: Rng): TaskMoeParams[] {
  return Array.from({ length: numBlocks }, (_, i) =>
    initTaskMoe(ofBlock(config, i), rng, { isLast: i === numBlocks - 1 }),
  );
}

/**
 * Unified task separation and extraction for one modality: stacked blocks of `taskMoe`. The first reads the same x for every task,
 * each later one its task's output of the block before. Called with blocks and x alone, every frame is real and the options are `taskMoe`'s.
 *
 * @param x [B, T, D], one for all tasks or one per task.
 * @param mask [B, T], 1 = real frame.
 * @see MMoLRE, section III-B
 */
export function uniTse<Task extends string>(
  params: readonly TaskMoeParams<Task>[],
  x: tf.Tensor3D | Record<Task, tf.Tensor3D>,
  mask?: tf.Tensor2D,
  options: EachBlock<TaskMoeOptions> = {},
  mode: Mode = evaluating,
): UniTseOutput<Task> {
  const blocks: Record<Task, TaskMoeOutput>[] = [];
  let outputs = x;
  params.forEach((block, i) => {
    const results = taskMoe(block, outputs, mask, ofBlock(options, i), modeFor(mode, i));
    blocks.push(results);
    const names = Object.keys(results) as Task[];
    outputs = Object.fromEntries(names.map((name) => [name, results[name].output])) as Record<Task, tf.Tensor3D>;
  });
  return { outputs: outputs as Record<Task, tf.Tensor3D>, blocks };
}
