import { appendFileSync } from 'node:fs';

/**
 * A place at which tests end the process, to see what is left: `MMOLRE_FAULT=<point>:<n>:<signal>` sends this process the signal when it
 * comes to that point for the n-th time, and every point that is come to is appended to the file that `MMOLRE_FAULT_LOG` names. Without
 * them it does nothing.
 */
export function faultPoint(point: string): void {
  const { MMOLRE_FAULT: fault, MMOLRE_FAULT_LOG: log } = process.env;
  if (log) appendFileSync(log, `${process.pid} ${point}\n`);
  if (!fault) return;
  const [name, count, signal] = fault.split(':');
  if (name !== point) return;
  hits += 1;
  if (hits === Number(count)) process.kill(process.pid, signal as NodeJS.Signals);
}

let hits = 0;
