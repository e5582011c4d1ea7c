import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import {
  LIBRARY_NAMES,
  type LoadReply,
  type OnnxFeed,
  type OnnxLibrary,
  type OnnxResult,
  type OnnxRun,
  type RunReply,
  type WorkerTask,
} from './onnx-protocol';

/** A model of which one run is asked after another; each waits for its result. */
export type OnnxSession = {
  /** The library that runs it. */
  library: OnnxLibrary;
  /** The names of the model's inputs and outputs. */
  inputs: readonly string[];
  outputs: readonly string[];
  /** @throws If the model refuses what it is fed, or does not answer within ten minutes. */
  run(feeds: Record<string, OnnxFeed>, output: string): OnnxResult;
  /** Ends the model's thread and frees its memory. */
  close(): Promise<void>;
};

export type OnnxSessionOptions = {
  /** The library that has to run it; absent, `@huggingface/transformers` if that is installed, else `@xenova/transformers`. */
  library?: OnnxLibrary | undefined;
  /** The built worker, if it is not beside this file. */
  worker?: URL;
};

/** From source, as under a test runner, the worker is the built one: Node cannot load TypeScript. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/onnx-worker.js' : './onnx-worker.js',
  import.meta.url,
);
const RUN_MILLISECONDS = 600_000;

/**
 * Opens an ONNX file in a thread of its own. The libraries only run asynchronously, an encoder answers at once: so this thread sleeps
 * while that one computes (on as many cores as there are). Nothing is asked of the network.
 *
 * @param file An absolute path.
 * @throws One error for people: no library is installed, or what is wrong with the file.
 */
export async function openOnnx(file: string, options: OnnxSessionOptions = {}): Promise<OnnxSession> {
  const { library, worker: program = WORKER } = options;
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const libraries = library ? [library] : (Object.keys(LIBRARY_NAMES) as OnnxLibrary[]);
  const workerData: WorkerTask = { file, libraries, port: port2, signal };
  const worker = new Worker(program, { workerData, transferList: [port2] });
  const reply = await new Promise<LoadReply>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', (code) => reject(new Error(`${file}: its thread ended with status ${code}`)));
  });
  if ('problem' in reply) {
    await worker.terminate();
    throw new Error(reply.missing ? notInstalled(libraries) : `${file}: ${reply.problem}`);
  }
  // A program may end while a model is open.
  worker.unref();
  port1.unref();
  let isOpen = true;

  function run(feeds: Record<string, OnnxFeed>, output: string): OnnxResult {
    if (!isOpen) throw new Error(`${file}: the encoder has been closed`);
    Atomics.store(signal, 0, 0);
    const wanted: OnnxRun = { feeds, output };
    port1.postMessage(wanted);
    if (Atomics.wait(signal, 0, 0, RUN_MILLISECONDS) === 'timed-out') {
      isOpen = false; // what comes later would be taken for the next answer
      void worker.terminate();
      throw new Error(
        `${file}: no answer within ${RUN_MILLISECONDS / 1000} s, given up; try shorter items or smaller batches`,
      );
    }
    const answer = receiveMessageOnPort(port1)!.message as RunReply;
    if ('result' in answer) return answer.result;
    const shapes = Object.entries(feeds).map(([name, { type, dims }]) => `${name} ${type} [${dims.join(', ')}]`);
    throw new Error(`${file}: ${answer.problem} (it was fed ${shapes.join(', ')})`);
  }

  async function close(): Promise<void> {
    isOpen = false;
    port1.close();
    await worker.terminate();
  }

  return { ...reply.loaded, run, close };
}

function notInstalled(libraries: readonly OnnxLibrary[]): string {
  const names = libraries.map((name) => LIBRARY_NAMES[name]);
  const found = names.length === 1 ? 'which is not installed' : 'and neither is installed';
  return `ONNX encoders run on ${names.join(' or ')}, ${found}: npm install --ignore-scripts ${names[0]}`;
}
