import { setTimeout as sleep } from 'node:timers/promises';
import { type PerformOptions, performTrial } from './perform-trial';
import { labelOf, type StudyPlan } from './plan';
import { hasEnded, readOrder, readState, type TrialState } from './study-folder';

/** A trial's state in words. */
export function stateLine({ state, reason, host, pid }: TrialState): string {
  if (state === 'running') return `running on ${host}, process ${pid}`;
  return reason ? `${state}: ${reason}` : state;
}

/**
 * Trains all trials of a study that have not ended, so many at once on this machine, in their order. It can be stopped at any time; the same call
 * goes on.
 *
 * @returns Whether all have ended.
 */
export async function performStudy(
  folder: string,
  plan: StudyPlan,
  { atOnce, ...options }: PerformOptions & { atOnce: number },
): Promise<boolean> {
  const open: StudyPlan['trials'] = [];
  for (const trial of plan.trials) if (!hasEnded(await readState(folder, trial))) open.push(trial);
  const queue = [...open];
  let left = open.length;
  const lane = async () => {
    for (let trial = queue.shift(); trial; trial = queue.shift()) {
      let state = await performTrial(folder, plan, trial, options);
      while (!hasEnded(state) && (await isPaused(folder, options)))
        state = await performTrial(folder, plan, trial, options);
      if (hasEnded(state)) left -= 1;
      options.log(`${labelOf(trial)}: ${stateLine(state)}; ${left} to go`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return left === 0;
}

const PAUSE_SECONDS = 1;

/** Waits while a study is paused. @returns Whether it was, and goes on now. */
async function isPaused(folder: string, { signal }: Pick<PerformOptions, 'signal'>): Promise<boolean> {
  let was = false;
  while (!signal.aborted && (await readOrder(folder)) === 'pause') {
    was = true;
    await sleep(PAUSE_SECONDS * 1000);
  }
  return was && !signal.aborted;
}
