import { PerformanceObserver } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs';
import type { Work } from '../benchmark';
import { median } from '../statistics';
import { byKernel, gflops, type KernelRow } from './products';
import { recordKernels } from './record-kernels';

export type Profile = {
  kernels: KernelRow[];
  /** Of the step, all of it, and of its parts by what User Timing calls them. */ ms: number;
  parts: Record<string, number>;
  /** In GF/s, of large products before and after it. */ rate: number;
};

const WARM_UPS = 2;
/** Where others use the same machine, a step and the products that it is held against must be of the same moment, and one of either is not enough. */
const ROUNDS = 5;

/** The step of some work that comes as near to the limit as the middle one of some does. */
export function profileStep(work: Work): Profile {
  for (let step = 0; step < WARM_UPS; step++) work.run();
  const rates = [largeProductRate()];
  const profiles = Array.from({ length: ROUNDS }, (): Profile => {
    const step = recordStep(work);
    rates.push(largeProductRate());
    return { ...step, rate: (rates.at(-2)! + rates.at(-1)!) / 2 };
  });
  return profiles.toSorted((a, b) => a.ms * a.rate - b.ms * b.rate)[(ROUNDS - 1) / 2]!;
}

function recordStep(work: Work): Omit<Profile, 'rate'> {
  const observer = new PerformanceObserver(() => {});
  observer.observe({ entryTypes: ['measure'] });
  const start = performance.now();
  const calls = recordKernels(() => work.run());
  const ms = performance.now() - start;
  const parts = observer.takeRecords().map(({ name, duration }) => [name, duration]);
  observer.disconnect();
  return { kernels: byKernel(calls), ms, parts: Object.fromEntries(parts) };
}

/** The median over some products of two matrices of 2048 x 2048. */
function largeProductRate(): number {
  const N = 2048;
  const times = tf.tidy(() => {
    const [a, b] = [tf.randomUniform([N, N]), tf.randomUniform([N, N])];
    return Array.from({ length: 9 }, () => {
      const start = performance.now();
      tf.tidy(() => tf.matMul(a, b).slice([0, 0], [1, 1]).dataSync());
      return performance.now() - start;
    });
  });
  return gflops(N ** 3, median(times));
}
