import { readFileSync } from 'node:fs';

/** VmHWM, the most resident memory this process ever had, in MiB; null where there is no /proc. */
export function peakMemory(): number | null {
  if (process.platform !== 'linux') return null;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}
