import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a worker of the benchmarks, `<name>-worker.js`, prints as its last line. @throws With what it said last, if it fails. */
export function runWorker<Answer>(name: string, argument: string): Answer {
  const worker = fileURLToPath(new URL(`${name}-worker.js`, import.meta.url));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [worker, argument], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} ${argument}: its process ended (${signal ?? status}): ${stderr.trim()}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}
