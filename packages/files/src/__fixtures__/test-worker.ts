import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { DataError } from '../data-error';
import { serveJobs } from '../serve-jobs';

/** Jobs for the tests of the pool. */
export const jobs = {
  square: async (values: Float32Array) => values.map((value) => value * value),
  parts: async (length: number) => ({ name: 'two', parts: [new Float32Array(length), new Uint8Array(length)] }),
  sleep: async (milliseconds: number) => {
    await sleep(milliseconds);
    return threadId;
  },
  refuse: async (kind: 'lfs-pointer' | undefined) => {
    throw kind ? new DataError('a pointer', { kind }) : new RangeError('out of range');
  },
  spin: async (): Promise<number> => {
    for (;;);
  },
  exit: async () => process.exit(3),
  fill: async () => {
    const kept: number[][] = [];
    for (;;) kept.push(new Array(1e6).fill(0.5));
  },
};

serveJobs(jobs);
