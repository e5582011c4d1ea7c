import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * What a trainer loads before anything else: a thread that ends the process, at once and whatever its main thread does, where the other end of its
 * standard input is closed, as it is when the process that started it has died. A run bears that at any moment; one that went on alone would hold its
 * lock against whoever is to take it over.
 */
const ENDS_WITH_PARENT = `
  import { isMainThread, Worker } from 'node:worker_threads';
  const watch = "new (require('node:net').Socket)({ fd: 0 }).on('error', () => {}).on('close', () => process.kill(process.pid, 'SIGKILL')).resume()";
  if (isMainThread) new Worker(watch, { eval: true, execArgv: [] }).unref();
`;

export type TrainerProcess = {
  child: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

/**
 * Starts the trainer in a process that ends with this one.
 *
 * @param program The built command line of the trainer.
 * @param options Where paths among the arguments count from, and the file that what it says is added to.
 */
export function startTrainer(
  program: string,
  args: readonly string[],
  { userFolder, log }: { userFolder: string; log: string },
): TrainerProcess {
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, 'a');
  try {
    const before = ['--import', `data:text/javascript,${encodeURIComponent(ENDS_WITH_PARENT)}`];
    const child = spawn(process.execPath, [...before, program, ...args], {
      stdio: ['pipe', 'ignore', file],
      env: { ...process.env, INIT_CWD: userFolder },
      // In a group of its own: Ctrl-C is for this process, which has the trainer end its step.
      detached: true,
    });
    return { child, ended: once(child, 'exit').then(([code, signal]) => ({ code, signal })) };
  } finally {
    closeSync(file);
  }
}
