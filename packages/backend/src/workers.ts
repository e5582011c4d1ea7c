import { lookup } from 'node:dns/promises';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs';
import { BackendError } from './errors';
import { ensureNative } from './native-install';
import { type ChosenBackend, useBackend } from './use-backend';

/** Processes that compute together, one of which this is. */
export type Ranks = {
  /** Which of them, from 0. */ rank: number;
  size: number;
  /** The sum of what each gives, of one length; every one gets the same bits. A new tensor. Ends with all of them, in an error where
   * one is lost, or, where one does not answer in time, the process. */
  sum(values: tf.Tensor1D): tf.Tensor1D;
  /** What rank 0 gives; of the others' tensors only the length counts. A new tensor. */
  broadcast(values: tf.Tensor1D): tf.Tensor1D;
};

/** Where each of them listens, rank 0 first, such as `['10.0.0.1:7701', '10.0.0.2:7701']`, and which one this is. */
export type Workers = { addresses: readonly string[]; rank: number };

/** Whom this process listens to: `workers`, the named ones alone; `anyone`, whoever reaches its port. */
export type HeardFrom = 'workers' | 'anyone';

/**
 * Loads native as one of several processes whose collective operations (TensorFlow's) reach each other over gRPC. To be called before native
 * is loaded.
 *
 * TensorFlow's service listens on **every** interface of this machine, speaks in the clear, asks for no password and computes whatever it is
 * sent. On Linux its sockets get a filter that drops what does not come from the workers' IPv4 addresses; that is no protection from who can
 * take such an address, or is on that machine.
 *
 * @param options.timeoutSeconds How long one waits for another in each operation, and for all at the first.
 * @returns `ranks` is undefined where there is one address only.
 * @throws BackendError if native is loaded already or does not load, such as where the port is taken.
 */
export async function joinWorkers(
  { addresses, rank }: Workers,
  { timeoutSeconds, log }: { timeoutSeconds: number; log?: (line: string) => void },
): Promise<{ backend: ChosenBackend; ranks: Ranks | undefined; heardFrom: HeardFrom }> {
  if (tf.findBackend('tensorflow')) throw new BackendError('workers: native is loaded already, without others');
  const status = await ensureNative(log ? { log } : {}); // its self-test must not join
  if (!status.ok) throw new BackendError(`workers need native, which is not installed: ${status.reason}`);
  const sources = await ipv4Of(addresses);
  const settings = { MMOLRE_WORKERS: addresses.join(), MMOLRE_RANK: `${rank}`, MMOLRE_SOURCES: sources?.join() ?? '' };
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3'; // what ends an operation is told by us
  Object.assign(process.env, settings);
  try {
    const backend = await useBackend({ backend: 'native', ...(log && { log }) });
    return {
      backend,
      ranks: addresses.length > 1 ? ranksOf(rank, addresses.length, timeoutSeconds) : undefined,
      heardFrom: process.env.MMOLRE_GUARDED ? 'workers' : 'anyone',
    };
  } finally {
    // Programs that this one starts do not join.
    for (const name of [...Object.keys(settings), 'MMOLRE_GUARDED']) delete process.env[name];
  }
}

/** @returns undefined where one of them has none. */
async function ipv4Of(addresses: readonly string[]): Promise<string[] | undefined> {
  const hosts = addresses.map((address) => address.slice(0, address.lastIndexOf(':')));
  const found = hosts.map((host) => lookup(host, { family: 4, all: true }).catch(() => []));
  const all = await Promise.all(found);
  if (all.some((one) => one.length === 0)) return undefined;
  return [...new Set(all.flatMap((one) => one.map(({ address }) => address)))];
}

type Attribute = { name: string; type: number; value: string | number };
type NativeBackend = tf.KernelBackend & {
  binding: Record<
    'TF_ATTR_STRING' | 'TF_ATTR_FLOAT' | 'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_FLOAT' | 'TF_INT32',
    number
  >;
  executeSingleOutput(operation: string, attributes: Attribute[], inputs: tf.Tensor[]): tf.Tensor1D;
};

function ranksOf(rank: number, size: number, timeoutSeconds: number): Ranks {
  const backend = tf.backend() as NativeBackend;
  const { TF_ATTR_STRING, TF_ATTR_FLOAT, TF_ATTR_TYPE, TF_ATTR_INT, TF_FLOAT, TF_INT32 } = backend.binding;
  const text = (name: string, value: string) => ({ name, type: TF_ATTR_STRING, value });
  const common = [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    text('communication_hint', 'auto'),
    { name: 'timeout_seconds', type: TF_ATTR_FLOAT, value: 0 }, // none: see `limited`
  ];
  const inTime = limited(
    `rank ${rank} of ${size}: another rank did not answer within ${timeoutSeconds} s`,
    timeoutSeconds,
  );
  const add = [
    text('merge_op', 'Add'),
    text('final_op', 'Id'),
    { name: 'Nordering_token', type: TF_ATTR_INT, value: 0 },
  ];
  const shapeType = { name: 'Tshape', type: TF_ATTR_TYPE, value: TF_INT32 };
  /** All ranks call the same operations in the same order, so that their numbers agree. */
  let operations = 0;
  const run = (operation: string, own: Attribute[], inputs: tf.Tensor[], after: tf.Tensor[] = []): tf.Tensor1D =>
    tf.tidy(() => {
      const numbers = [size, GROUP, ++operations].map((number) => tf.scalar(number, 'int32'));
      try {
        return inTime(() =>
          backend.executeSingleOutput(operation, [...common, ...own], [...inputs, ...numbers, ...after]),
        );
      } catch (error) {
        throw new BackendError(`rank ${rank} of ${size}: ${faultOf(String((error as Error).message))}`);
      }
    });
  return {
    rank,
    size,
    sum: (values) => run('CollectiveReduceV2', add, [values]),
    broadcast: (values) =>
      rank === 0
        ? run('CollectiveBcastSendV2', [], [values])
        : run('CollectiveBcastRecvV2', [shapeType], [], [tf.tensor1d(values.shape, 'int32')]),
  };
}

/** Any number: there is one group of processes. */
const GROUP = 1;

/**
 * Runs work of which a thread beside this one, which the work blocks, sees the end: where it takes too long, it says so on standard error and ends
 * the process as `kill -9` would. TensorFlow's own timeout frees what its other threads still use: one in ten crashed there.
 */
function limited(line: string, seconds: number): <T>(work: () => T) => T {
  /** When the work began, in milliseconds; 0 while there is none. */
  const since = new Float64Array(new SharedArrayBuffer(8));
  const watch = `
    const { since, seconds, line } = require('node:worker_threads').workerData;
    setInterval(() => {
      const began = since[0]; // once: it may end meanwhile
      if (began === 0 || Date.now() - began < seconds * 1000) return;
      require('node:fs').writeSync(2, line + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }, 100);`;
  new Worker(watch, { eval: true, execArgv: [], workerData: { since, seconds, line } }).unref();
  return (work) => {
    since[0] = Date.now();
    try {
      return work();
    } finally {
      since[0] = 0;
    }
  };
}

/** What TensorFlow says of an operation in which a rank was lost, in a line. */
function faultOf(message: string): string {
  const peer = /\/task:(\d+)/.exec(message)?.[1];
  const line = message.split('\n').find((one) => one.startsWith('Message: ')) ?? message.split('\n')[0]!;
  return `the connection to ${peer === undefined ? 'another rank' : `rank ${peer}`} is lost (${line.replace('Message: ', '').slice(0, 200)})`;
}
