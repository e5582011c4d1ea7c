import { createRequire } from 'node:module';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

const require = createRequire(import.meta.url);

const PACKAGE = '@tensorflow/tfjs-backend-wasm';
/** The program with threads in that package, without its ending. */
export const THREADED = `${PACKAGE}/wasm-out/tfjs-backend-wasm-threaded-simd`;
const THREAD = fileURLToPath(new URL('../dist/wasm-worker.js', import.meta.url));

type WasmModule = ConstructorParameters<typeof BackendWasm>[0] & {
  /** One of the program's functions, of the types that its result and its parameters have in C. */
  cwrap(name: string, result: 'number' | null, parameters: 'number'[]): (...values: number[]) => never;
};
type Start = (options: { locateFile: (name: string) => string; mainScriptUrlOrBlob: string }) => Promise<WasmModule>;

/**
 * The WebAssembly backend on several threads in Node, which tfjs itself has in browsers alone. Every number of threads computes the same bits.
 *
 * @param threads It takes 8 at most.
 * @throws Where Node may not start threads.
 */
export async function threadedWasm(threads: number): Promise<BackendWasm> {
  const { BackendWasm, setThreadsCount } = require(PACKAGE) as typeof import('@tensorflow/tfjs-backend-wasm');
  const program = require.resolve(`${THREADED}.js`);
  const binaries = dirname(require.resolve(PACKAGE));
  const start = require(program) as Start;
  const wasm = await forItsStart(threads, (global) =>
    start({
      locateFile(name) {
        if (!name.endsWith('.worker.js')) return join(binaries, name);
        global.Worker = Thread; // of which it makes a new one next
        return THREAD;
      },
      mainScriptUrlOrBlob: program,
    }),
  );
  wasm.tfjs = {
    init: wasm.cwrap('init', null, []),
    initWithThreadsCount: wasm.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: wasm.cwrap('get_threads_count', 'number', []),
    registerTensor: wasm.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: wasm.cwrap('dispose_data', null, ['number']),
    dispose: wasm.cwrap('dispose', null, []),
  };
  setThreadsCount(threads);
  return new BackendWasm(wasm);
}

/** One that takes over nothing of how this process was started, and ends with it. */
class Thread extends Worker {
  constructor(program: string) {
    super(program, { execArgv: [] });
  }
  override ref(): void {}
}

/** The program takes no more threads than half of the cores that it is told of, and leaves a global variable of its own. */
async function forItsStart<T>(threads: number, work: (global: { Worker?: unknown }) => Promise<T>): Promise<T> {
  const global: { Worker?: unknown } = globalThis;
  const { cpus } = os;
  const before = Object.getOwnPropertyDescriptor(global, 'Worker');
  const real = cpus();
  os.cpus = () => Array.from({ length: 2 * threads }, (_, i) => real[i % real.length]!);
  try {
    return await work(global);
  } finally {
    os.cpus = cpus;
    delete global.Worker;
    if (before) Object.defineProperty(global, 'Worker', before);
  }
}
