import { parentPort } from 'node:worker_threads';
import { DataError, type ProblemKind } from './data-error';

/**
 * What can run in a worker thread, by name; each job takes one value that can be cloned and gives one. What only that job needs, it imports
 * when it runs.
 */
export type Jobs = Record<string, (input: never) => Promise<unknown>>;

type Request = { name: string; input: unknown };
/** `kind` is that of a DataError; other errors have none. */
export type Reply = { value: unknown } | { problem: string; kind: ProblemKind | undefined };

/** The program of a worker thread that `createWorkerPool` starts: runs one job at a time. */
export function serveJobs(jobs: Jobs): void {
  // Decoders print what they cannot decode; the result says so already.
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) console[method] = () => {};

  parentPort!.on('message', async ({ name, input }: Request) => {
    const reply = await jobs[name]!(input as never).then(
      (value): Reply => ({ value }),
      (error: Error): Reply => ({ problem: error.message, kind: error instanceof DataError ? error.kind : undefined }),
    );
    parentPort!.postMessage(reply, 'value' in reply ? buffersOf(reply.value) : []);
  });
  parentPort!.postMessage('ready');
}

/** The memory of the typed arrays of a result, or in it, which moves to the main thread instead of being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const parts = [value, ...Object.values(value ?? {}).flat()].filter((part) => ArrayBuffer.isView(part));
  return [...new Set(parts.map(({ buffer }) => buffer as ArrayBuffer))];
}
