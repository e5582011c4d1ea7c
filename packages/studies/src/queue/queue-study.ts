import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { labelOf, type StudyPlan } from '../plan';
import { stateLine } from '../pool';
import { hasEnded, readOrder, readState } from '../study-folder';
import { connectionTo, QUEUE, type TrialJob, tellOutages } from './connection';

export type QueueOptions = {
  redis: string;
  /** Ends the waiting; what is in the queue stays there. */ signal: AbortSignal;
  log: (line: string) => void;
};

const POLL_SECONDS = 1;
/** How often trials that have not ended are put into the queue; one that is in it is not put there twice. */
const ADD_SECONDS = 10;

/**
 * Puts the trials of a study that have not ended into the queue and waits until workers have ended them all, telling what each comes to.
 *
 * @returns Whether all have ended: not, where the study was cancelled or by the signal.
 */
export async function queueStudy(
  folder: string,
  plan: StudyPlan,
  { redis, signal, log }: QueueOptions,
): Promise<boolean> {
  const queue = new Queue<TrialJob>(QUEUE, {
    connection: connectionTo(redis),
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  const outages = tellOutages(queue, log);
  const told = new Map<string, string>();
  let added = Number.NEGATIVE_INFINITY;
  let adding: Promise<unknown> | undefined;
  try {
    for (;;) {
      const states = await Promise.all(plan.trials.map((trial) => readState(folder, trial)));
      const left = states.filter((state) => !hasEnded(state)).length;
      plan.trials.forEach((trial, i) => {
        const line = stateLine(states[i]!);
        if (line !== (told.get(trial.id) ?? 'waiting')) log(`${labelOf(trial)}: ${line}; ${left} to go`);
        told.set(trial.id, line);
      });
      if (left === 0) return true;
      if (signal.aborted || (await readOrder(folder)) === 'cancel') return false;
      if (!adding && performance.now() - added > ADD_SECONDS * 1000) {
        const open = plan.trials.filter((_, i) => !hasEnded(states[i]!));
        added = performance.now();
        adding = queue
          .addBulk(open.map((trial) => jobOf(basename(folder), trial.id)))
          .then(outages.isBack, () => {}) // an outage has been told, and they are added again
          .finally(() => {
            adding = undefined;
          });
      }
      await sleep(POLL_SECONDS * 1000);
    }
  } finally {
    await queue.disconnect();
  }
}

/** A trial as a job, which is in the queue at most once. */
const jobOf = (study: string, trial: string) => ({
  name: 'trial',
  data: { study, trial } satisfies TrialJob,
  opts: { jobId: `${study}.${trial}` },
});
