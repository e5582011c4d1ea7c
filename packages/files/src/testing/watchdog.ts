import { Worker } from 'node:worker_threads';

/** Ends the process where one file keeps its thread for longer than this: no timer could fire there. */
const HANG_SECONDS = 120;

const PROGRAM = `
  const { workerData: { name, numbers, seconds } } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  let [before, since] = ['', Date.now()];
  setInterval(() => {
    const now = numbers.join();
    if (now !== before) [before, since] = [now, Date.now()];
    if (Date.now() - since < seconds * 1000) return;
    writeSync(2, name + ': hangs since ' + seconds + ' s at one of the files ' + now + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, 2000);
`;

/** @param numbers Of the files that are being read, in shared memory. */
export function startWatchdog(name: string, numbers: Int32Array): Worker {
  const worker = new Worker(PROGRAM, {
    eval: true,
    execArgv: [],
    workerData: { name, numbers, seconds: HANG_SECONDS },
  });
  worker.unref();
  return worker;
}
