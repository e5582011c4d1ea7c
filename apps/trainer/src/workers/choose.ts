import { localAddresses, type Workers } from '@mmolre/backend';
import { slurmAddresses } from './slurm';

export type WorkersOptions = {
  /** As on the command line: `local:2`, `slurm`, `slurm:7701`, or `host:port,host:port`. */ workers?: string;
  rank?: number;
  trustNetwork?: boolean;
};

/** The processes that train together, and whether this one starts the others. */
export type ChosenWorkers = Workers & { startsOthers: boolean };

const PORT = 7701;

/**
 * Who trains together, by the command line, and by what Slurm and Kubernetes tell the processes that they start.
 *
 * @throws One line: what was expected, and what to do.
 */
export async function chooseWorkers(
  { workers, rank, trustNetwork }: WorkersOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ChosenWorkers | undefined> {
  if (workers === undefined) {
    if (rank !== undefined) throw new Error('--rank: expected --workers with it');
    return undefined;
  }
  if (!trustNetwork)
    throw new Error(
      '--workers: each process listens on every address of its machine, without password, and computes what it is sent; where nobody else reaches these ports, add --trust-network (SECURITY.md)',
    );
  const [, local] = /^local:(\d{1,2})$/.exec(workers) ?? [];
  if (local !== undefined) {
    if (rank !== undefined) throw new Error('--rank: local workers have their ranks already');
    if (Number(local) < 1) throw new Error('--workers: expected one process at least, found local:0');
    return { addresses: await localAddresses(Number(local)), rank: 0, startsOthers: true };
  }
  const [isSlurm, port = PORT] = /^slurm(?::(\d{1,5}))?$/.exec(workers) ?? [];
  const addresses = isSlurm ? slurmAddresses(environment, Number(port)) : workers.split(',');
  for (const address of addresses)
    if (!/^[^\s:,]+:\d{1,5}$/.test(address))
      throw new Error(`--workers: expected host:port,host:port, slurm or local:2, found ${address}`);
  if (new Set(addresses).size < addresses.length)
    throw new Error(`--workers: expected each address once, found ${workers}`);
  return { addresses, rank: rankOf(rank, addresses.length, environment), startsOthers: false };
}

function rankOf(asked: number | undefined, size: number, environment: NodeJS.ProcessEnv): number {
  const told = environment.JOB_COMPLETION_INDEX ?? environment.SLURM_PROCID;
  const rank = asked ?? (told === undefined ? undefined : Number(told));
  if (rank === undefined)
    throw new Error(
      `--rank: expected which of the ${size} workers this is, from 0; Slurm (SLURM_PROCID) and Kubernetes (JOB_COMPLETION_INDEX) tell it`,
    );
  if (!Number.isInteger(rank) || rank < 0 || rank >= size)
    throw new Error(`--rank: expected 0 to ${size - 1}, one for each of the --workers, found ${rank}`);
  return rank;
}
