import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { ModelOrder, ModelReply, OnnxLibrary, OnnxResult, OnnxRun, RunReply, ThreadReady, ThreadTask } from './onnx-protocol';

/** A thread that runs the models of one library. */
export type OnnxThread = {
  /** Opens or closes a model. */
  order(order: ModelOrder): Promise<ModelReply>;
  /** Runs a model; this thread sleeps meanwhile. A text says what is wrong. */
  run(run: Omit<OnnxRun, 'run'>): OnnxResult | string;
};

/** From source, as under a test runner, the worker is the built one: Node cannot load TypeScript. */
export const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/onnx-worker.js' : './onnx-worker.js',
  import.meta.url,
);
const RUN_SECONDS = 600;

/** One a library: the ONNX Runtime of @xenova/transformers can be loaded by one thread of a process only, and only once. */
const threads = new Map<string, Promise<OnnxThread | ThreadReady>>();

/** The thread of a library, started unless it runs; else why it cannot. */
export function threadOf(library: OnnxLibrary, worker: URL): Promise<OnnxThread | Exclude<ThreadReady, { ready: true }>> {
  const key = `${library} ${worker}`;
  const known = threads.get(key);
  const thread = known ?? startThread(library, worker, () => threads.delete(key));
  threads.set(key, thread);
  return thread as Promise<OnnxThread | Exclude<ThreadReady, { ready: true }>>;
}
