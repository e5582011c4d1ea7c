import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DataError } from './data-error';
import type { Jobs, Reply } from './serve-jobs';

export type DeadlineOptions = {
  /** The job's worker is ended after so many seconds of work; waiting for a free worker does not count. */
  seconds: number;
  /** What is being read, as the message names it. */
  subject: string;
};

type Task = {
  name: string;
  input: unknown;
  options: DeadlineOptions;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
};

/** What came of a task, and whether its worker can take another. */
type Outcome = { reply: Reply } | { broken: string; cause?: Error };

/** A worker thread, and who waits for what it says. */
type Place = { worker: Worker; settle: (outcome: Outcome) => void };

const MAX_WORKERS = Math.min(4, availableParallelism());
/** Of JavaScript objects in a worker; typed arrays do not count, whose size the jobs check themselves. */
const MAX_HEAP_MEGABYTES = 1024;

/**
 * Runs a job in a worker thread. Typed arrays in its result are moved, not copied; jobs beyond the number of workers wait in order. Workers
 * are kept for the next job, and do not keep the program running.
 *
 * @throws DataError as the job throws it, or if the job has not ended in time, runs out of memory or brings its worker down.
 */
export type RunJob<J extends Jobs> = <Name extends keyof J>(
  name: Name,
  input: Parameters<J[Name]>[0],
  options: DeadlineOptions,
) => Promise<Awaited<ReturnType<J[Name]>>>;

/**
 * Worker threads for jobs that may take too long or break.
 *
 * @param folder Where the program stands, as `import.meta.url` says: `worker.js`, which calls `serveJobs`.
 */
export function createWorkerPool<J extends Jobs>(folder: string): RunJob<J> {
  // From source, as under a test runner, the worker is the built one: Node cannot load TypeScript.
  const program = new URL(folder.endsWith('.ts') ? '../dist/worker.js' : './worker.js', folder);
  const queue: Task[] = [];
  const idle: Place[] = [];
  let running = 0;

  return (name, input, options) =>
    new Promise((resolve, reject) => {
      queue.push({ name: name as string, input, options, resolve: resolve as Task['resolve'], reject });
      startNext();
    });

  function startNext(): void {
    if (running >= MAX_WORKERS) return;
    const task = queue.shift();
    if (!task) return;
    running += 1;
    const known = idle.pop();
    if (known) {
      work(known, task);
      return;
    }
    const place = createPlace();
    place.settle = (outcome) => {
      place.settle = () => {};
      if ('reply' in outcome)
        work(place, task); // it says that it is ready
      else finish(task, outcome);
    };
  }

  function createPlace(): Place {
    const worker = new Worker(program, {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MEGABYTES },
    });
    const place: Place = { worker, settle: () => {} };
    worker.on('message', (reply: Reply) => place.settle({ reply }));
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const broken = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it needs too much memory' : error.message;
      place.settle({ broken: `cannot be read: ${broken}`, cause: error });
    });
    worker.on('exit', () => {
      if (idle.includes(place)) idle.splice(idle.indexOf(place), 1);
      place.settle({ broken: 'cannot be read: its reader stopped' });
    });
    return place;
  }

  function work(place: Place, task: Task): void {
    const { seconds } = task.options;
    const giveUp = () => place.settle({ broken: `given up, as it was not read within ${seconds} seconds` });
    // A thread that was busy itself looks at its messages first: the result may have been there in time.
    const timer = setTimeout(() => setImmediate(giveUp), seconds * 1_000);
    place.settle = (outcome) => {
      clearTimeout(timer);
      place.settle = () => {};
      if ('reply' in outcome) {
        place.worker.unref();
        idle.push(place);
      } else {
        void place.worker.terminate();
      }
      finish(task, outcome);
    };
    place.worker.ref();
    place.worker.postMessage({ name: task.name, input: task.input });
  }

  function finish({ options, resolve, reject }: Task, outcome: Outcome): void {
    running -= 1;
    if ('broken' in outcome) reject(new DataError(`${options.subject}: ${outcome.broken}`, { cause: outcome.cause }));
    else if ('value' in outcome.reply) resolve(outcome.reply.value);
    else reject(errorOf(outcome.reply));
    startNext();
  }
}

function errorOf({ problem, kind }: Exclude<Reply, { value: unknown }>): Error {
  return kind ? new DataError(problem, { kind }) : new Error(problem);
}
