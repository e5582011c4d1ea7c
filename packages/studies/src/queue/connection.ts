// A queue in Redis, by BullMQ: it hands trials out, and notices where a worker has died. What a trial is and how far it has come stands in the study's
// folder, so that a Redis that is lost loses nothing.

export const QUEUE = 'mmolre-trials';

/** What a job says: which trial of which study below the folder of studies. */
export type TrialJob = { study: string; trial: string };

/** Waits for a Redis that is away, for as long as it is. */
export const connectionTo = (url: string) => ({ url, maxRetriesPerRequest: null });

/** Tells of a Redis that cannot be reached once, until it is there again. */
export function tellOutages(
  source: { on(event: 'error', heard: (error: Error) => void): unknown },
  log: (line: string) => void,
) {
  let told = false;
  source.on('error', (error) => {
    if (!told) log(`Redis: ${error.message || 'cannot be reached'}; waiting for it`);
    told = true;
  });
  return {
    isBack() {
      if (told) log('Redis is there again');
      told = false;
    },
  };
}
