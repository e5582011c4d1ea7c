import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type {
  ModelOrder,
  ModelReply,
  OnnxLibrary,
  OnnxResult,
  OnnxRun,
  RunReply,
  ThreadReady,
  ThreadTask,
} from './onnx-protocol';

/** A thread that runs the models of one library. */
export type OnnxThread = {
  /** Opens or closes a model. */
  order(order: ModelOrder): Promise<ModelReply>;
  /** Runs a model; the caller's thread sleeps meanwhile. */
  run(run: Omit<OnnxRun, 'run'>): { result: OnnxResult } | { problem: string };
};

/** Why a library cannot be used. */
export type NoThread = { problem: string; isAbsent: boolean };

/** From source, as under a test runner, the worker is the built one: Node cannot load TypeScript. */
export const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/onnx-worker.js' : './onnx-worker.js',
  import.meta.url,
);
const RUN_SECONDS = 600;

/**
 * One a library, and never ended: the ONNX Runtime of @xenova/transformers can be loaded by one thread of a process only, and once.
 */
const threads = new Map<string, Promise<OnnxThread | NoThread>>();

/** The thread of a library, started unless it runs; else why it cannot be. */
export async function threadOf(library: OnnxLibrary, program: URL): Promise<OnnxThread | NoThread> {
  const key = `${library} ${program}`;
  const thread = threads.get(key) ?? startThread(library, program, () => threads.delete(key));
  threads.set(key, thread);
  return thread;
}

async function startThread(library: OnnxLibrary, program: URL, forget: () => void): Promise<OnnxThread | NoThread> {
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const workerData: ThreadTask = { library, port: port2, signal };
  const worker = new Worker(program, { workerData, transferList: [port2] });
  port1.unref();
  const waiting = new Map<number, { resolve(reply: ModelReply): void; reject(error: Error): void }>();
  const ready = await new Promise<ThreadReady>((resolve, reject) => {
    const fail = (error: Error) => {
      forget();
      reject(error);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.on('error', fail).on('exit', () => fail(new Error(`the thread of ${library} has ended`)));
    worker.once('message', resolve);
  });
  if ('problem' in ready) {
    await worker.terminate();
    return ready;
  }
  worker.unref(); // a program may end while models are open
  worker.on('message', (reply: ModelReply) => {
    waiting.get(reply.model)?.resolve(reply);
    waiting.delete(reply.model);
    if (waiting.size === 0) worker.unref();
  });

  function order(order: ModelOrder): Promise<ModelReply> {
    return new Promise((resolve, reject) => {
      waiting.set(order.model, { resolve, reject });
      worker.ref();
      worker.postMessage(order);
    });
  }

  let runs = 0;
  function run(what: Omit<OnnxRun, 'run'>): { result: OnnxResult } | { problem: string } {
    const run = runs++;
    port1.postMessage({ ...what, run } satisfies OnnxRun);
    for (;;) {
      Atomics.store(signal, 0, 0);
      // An answer to an earlier run, which came too late, is passed over.
      for (let found = receiveMessageOnPort(port1); found; found = receiveMessageOnPort(port1)) {
        if ((found.message as RunReply).run === run) return found.message as RunReply;
      }
      if (Atomics.wait(signal, 0, 0, RUN_SECONDS * 1000) === 'timed-out') {
        return { problem: `no answer within ${RUN_SECONDS} s; try shorter items or smaller batches` };
      }
    }
  }

  return { order, run };
}
