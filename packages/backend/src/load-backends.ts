import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { findCards } from './cards';
import { BackendError } from './errors';
import { installedVariant } from './native-state';
import { startTensorflow } from './start-tensorflow';
import { threadedWasm } from './threaded-wasm';

const require = createRequire(import.meta.url);

/** What a loaded backend says of itself. */
export type Loaded = {
  /** Such as `TensorFlow 2.21.0, 2 threads`. */ detail: string;
  /** Of the program that computes, such as `TensorFlow 2.21.0`. */ version: string;
  device: 'CPU' | 'GPU';
  /** That a kernel is split over: sums are rounded otherwise over more or fewer. */ threads: number;
};

type NodeBackend = tf.KernelBackend & { isUsingGpuDevice: boolean; binding: { TF_Version: string } };

/** Loads a backend unless it is loaded, and makes it tfjs's current one. @throws BackendError saying why it does not load. */
export const LOADERS: Record<'native' | 'wasm' | 'cpu', () => Promise<Loaded>> = {
  native: loadNative,
  wasm: loadWasm,
  cpu: loadCpu,
};

async function loadNative(): Promise<Loaded> {
  startTensorflow();
  await use('tensorflow');
  const backend = tf.backend() as NodeBackend;
  const threads = threadsAsked();
  const device = backend.isUsingGpuDevice ? 'GPU' : 'CPU';
  const version = `TensorFlow ${backend.binding.TF_Version}`;
  const on = device === 'GPU' ? device : shownThreads(threads);
  const noGpu =
    installedVariant() === 'gpu' && !backend.isUsingGpuDevice
      ? `; the GPU library runs on the CPU: ${findCards().fault ?? 'TensorFlow found no card'}`
      : '';
  return { detail: `${version}, ${on}${noGpu}`, version, device, threads };
}

/** TensorFlow takes 0 for as many as there are cores. */
const threadsAsked = () => Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism();
const shownThreads = (threads: number) => `${threads} thread${threads === 1 ? '' : 's'}`;

async function loadWasm(): Promise<Loaded> {
  if (!tf.findBackend('wasm')) {
    const main = require.resolve('@tensorflow/tfjs-backend-wasm');
    const { setWasmPaths } = require(main) as typeof import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${dirname(main)}${sep}`);
    if (threadsAsked() > 1) registerThreadedWasm(threadsAsked());
  }
  await withoutNewListeners(['uncaughtException', 'unhandledRejection'], () => use('wasm'));
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const version = `TensorFlow.js ${tf.version_core}${simd ? ', SIMD' : ''}`;
  const threads = Math.max(1, (tf.backend() as BackendWasm).wasm.tfjs.getThreadsCount());
  return { detail: `${simd ? 'SIMD, ' : ''}${shownThreads(threads)}`, version, device: 'CPU', threads };
}

/** In place of the one that importing its package registered, which serves where Node may not start threads. */
function registerThreadedWasm(threads: number): void {
  const onOneThread = tf.findBackendFactory('wasm')!;
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => threadedWasm(threads).catch(onOneThread), 2);
}

/** The WebAssembly loader takes over how the whole process treats uncaught errors; this gives that back. */
async function withoutNewListeners(events: string[], work: () => Promise<void>): Promise<void> {
  const before = events.map((event) => new Set(process.rawListeners(event)));
  await work();
  events.forEach((event, index) => {
    for (const listener of process.rawListeners(event))
      if (!before[index]!.has(listener)) process.removeListener(event, listener as () => void);
  });
}

async function loadCpu(): Promise<Loaded> {
  await use('cpu');
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false; // no advice to install tfjs-node
  return { detail: 'plain JavaScript', version: `TensorFlow.js ${tf.version_core}`, device: 'CPU', threads: 1 };
}

async function use(name: string): Promise<void> {
  let ok = false;
  try {
    ok = await tf.setBackend(name);
  } catch (error) {
    throw new BackendError(`${name} does not load: ${String((error as Error).message).split('\n')[0]}`);
  }
  if (!ok) throw new BackendError(`${name} does not load: TensorFlow.js refused it`);
  await tf.ready();
}
