import type { TaskMoeConfig } from '@mmolre/moe';
import * as tf from '@tensorflow/tfjs';
import { type Block, type BlockSize, blockForward, blockSteps, drawBlock } from '../moe-block';
import { peakMemory } from '../peak-memory';
import type { Pass } from './axes';

/** Of one pass: each call's time in ms, and the process's peak of resident memory so far, in MiB. */
export type Calls = { ms: number[]; mib: number | null };

/** What is fast is timed more often than once. */
const LEAST_MS = 400;

/** A block's forward pass, then its training step: the peak after each is its own only in a process that did nothing else. */
export function measureBlock(config: TaskMoeConfig, size: BlockSize): Record<Pass, Calls> {
  const block = tf.tidy(() => drawBlock(config, size) as Block & tf.TensorContainerObject);
  const forward = timed(() => blockForward(block, config));
  const { step } = blockSteps(block, config);
  return { forward, 'training step': timed(step) };
}

/** After a call to warm up, which also makes room in memory. */
function timed(work: () => number): Calls {
  work();
  const times: number[] = [];
  for (let total = 0; total < LEAST_MS; total += times.at(-1)!) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return { ms: times, mib: peakMemory() };
}
