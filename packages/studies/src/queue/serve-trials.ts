import { join } from 'node:path';
import { DelayedError, type Job, Worker } from 'bullmq';
import { performTrial } from '../perform-trial';
import { labelOf } from '../plan';
import { stateLine } from '../pool';
import { studyNameSchema } from '../study-file';
import { hasEnded, readOrder, readPlan } from '../study-folder';
import { connectionTo, QUEUE, type TrialJob, tellOutages } from './connection';

export type WorkerOptions = {
  /** The folder of studies, which all workers share. */ studies: string;
  /** Such as `redis://:password@host:6379`. */ redis: string;
  /** Trials that it trains at the same time. */ atOnce: number;
  /** A worker that Redis has not heard of for so many seconds counts as dead: its trials are handed to others. */
  lostAfter: number;
  /** The built command line of the trainer. */ trainer: string;
  /** Ends the work after the steps in progress. */ signal: AbortSignal;
  log: (line: string) => void;
};

/** How long a job of a study that is paused lies before it is looked at again. */
const PAUSE_SECONDS = 5;
/** BullMQ gives up a job whose worker died twice; when a trial is given up is said by `performTrial`. */
const NEVER = 1_000_000;

/** Takes trials from the queue and trains each in a process of its own, while this one tells Redis that it lives. Ends by the signal. */
export async function serveTrials({
  studies,
  redis,
  atOnce,
  lostAfter,
  trainer,
  signal,
  log,
}: WorkerOptions): Promise<void> {
  const work = async (job: Job<TrialJob>, token?: string): Promise<string> => {
    const folder = join(studies, studyNameSchema.parse(job.data.study)); // never out of that folder
    const plan = await readPlan(folder);
    const trial = plan.trials.find(({ id }) => id === job.data.trial);
    if (!trial) return 'no part of the study any more';
    const state = await performTrial(folder, plan, trial, { trainer, signal, log });
    log(`${labelOf(trial)}: ${stateLine(state)}`);
    if (hasEnded(state) || (await readOrder(folder)) === 'cancel') return state.state;
    await job.moveToDelayed(Date.now() + (signal.aborted ? 0 : PAUSE_SECONDS * 1000), token);
    throw new DelayedError();
  };
  const worker = new Worker<TrialJob, string>(QUEUE, work, {
    connection: connectionTo(redis),
    concurrency: atOnce,
    lockDuration: lostAfter * 1000,
    stalledInterval: lostAfter * 1000,
    maxStalledCount: NEVER,
  });
  const outages = tellOutages(worker, log);
  worker.on('ready', () => outages.isBack());
  worker.on('failed', (job, error) => log(`${job?.data.trial}: ${error.message.split('\n')[0]}`));
  log(`trains what is queued of the studies in ${studies}, ${atOnce} at once`);
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  await worker.close();
}
