import { availableParallelism, loadavg } from 'node:os';
import { ensureNative } from '@mmolre/backend';

type Log = (line: string) => void;

/** @throws Under the benchmark's name, if the native backend is not there and cannot be installed. */
export async function needNative(name: string, log: Log): Promise<void> {
  const status = await ensureNative({ log });
  if (!status.ok) throw new Error(`${name}: the native backend is not installed: ${status.reason}`);
}

/** The machine's load, with a digit; says so where others are at work. */
export function loadBefore(log: Log): string {
  const load = loadavg()[0]!.toFixed(1);
  if (Number(load) > availableParallelism() / 2) log(`this machine is busy (load ${load}): times will not hold`);
  return load;
}
