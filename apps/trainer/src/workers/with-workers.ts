import { availableParallelism } from 'node:os';
import {
  type BackendName,
  type ChosenBackend,
  joinWorkers,
  type Ranks,
  requestedBackend,
  useBackend,
} from '@mmolre/backend';
import type { StartProgress } from '@mmolre/training';
import { startProgress, log as toStderr } from '../progress';
import { chooseWorkers, type WorkersOptions } from './choose';
import { startOthers } from './start-others';

/** What computes a training, and what it tells people by: of several processes, the first speaks for all. */
export type Computing = {
  backend: ChosenBackend;
  ranks: Ranks | undefined;
  log: (line: string) => void;
  startProgress: StartProgress;
};

export type ComputingOptions = WorkersOptions & { backend?: BackendName /** Seconds. */; timeout: number };

/**
 * Does the work with a backend: by this process alone, or by those of `--workers`, the others of which it starts and waits for where they are
 * `local`.
 */
export async function withWorkers<T>(
  options: ComputingOptions,
  work: (computing: Computing) => Promise<T>,
): Promise<T> {
  const asked = options.backend ?? requestedBackend();
  const workers = await chooseWorkers(options);
  if (!workers) {
    const backend = await useBackend({ ...(asked && { backend: asked }), log: toStderr, install: true });
    return work({ backend, ranks: undefined, log: toStderr, startProgress });
  }
  if (asked && asked !== 'native') throw new Error(`--workers: only native computes together, found ${asked}`);
  const { addresses, rank, startsOthers } = workers;
  const size = addresses.length;
  if (startsOthers)
    process.env.TF_NUM_INTRAOP_THREADS ??= String(Math.max(1, Math.floor(availableParallelism() / size)));
  const others = startsOthers ? startOthers(addresses, toStderr) : undefined;
  const log = rank === 0 ? toStderr : () => {};
  try {
    const { backend, ranks, heardFrom } = await joinWorkers(workers, { timeoutSeconds: options.timeout, log });
    log(`rank ${rank} of ${size}: ${addresses.join(', ')}; they wait at most ${options.timeout} s for each other`);
    log(
      heardFrom === 'workers'
        ? 'their ports are open on all addresses, and answer only to these'
        : 'warning: whoever reaches their ports can command these processes',
    );
    const result = await work({ backend, ranks, log, startProgress: rank === 0 ? startProgress : SILENT });
    await others?.ended();
    return result;
  } finally {
    others?.kill();
  }
}

const SILENT: StartProgress = () => ({ update() {}, stop() {} });
