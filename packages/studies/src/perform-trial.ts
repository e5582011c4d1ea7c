import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '@mmolre/files';
import { RUN_FILES, readResult, runLock } from '@mmolre/training';
import { readCurve } from './curve';
import { labelOf, type StudyPlan, type Trial } from './plan';
import { shouldPrune } from './pruners';
import {
  hasEnded,
  readOrder,
  readState,
  runFolder,
  studyFile,
  type TrialState,
  trialFile,
  writeState,
} from './study-folder';
import { startTrainer } from './trainer-process';

export type PerformOptions = {
  /** The built command line of the trainer. */ trainer: string;
  /** Stops the trial after the step in progress. */ signal: AbortSignal;
  log: (line: string) => void;
};

/** A trial whose worker died so often in a row, without a new checkpoint between, would end the next one too. */
const POISON_DEATHS = 5;
/** How often the log of a run, and what is asked of its workers, is looked at. */
const POLL_SECONDS = 0.5;
/** Exit codes of a trainer that a signal has asked to stop. */
const ASKED = [129, 130, 143];

/**
 * Trains a trial to its end, from wherever it stands, in a process of its own. Nobody else works on it meanwhile: whoever holds it is waited for,
 * and where he has died his trial is taken over.
 *
 * @returns Its state: `waiting` if it was stopped, because the study is paused or cancelled, or by `signal`.
 * @throws What the disk says where states cannot be kept; a trial that fails is a state.
 */
export async function performTrial(
  folder: string,
  plan: StudyPlan,
  trial: Trial,
  { trainer, signal, log }: PerformOptions,
): Promise<TrialState> {
  const label = labelOf(trial);
  const run = runFolder(folder, trial);
  const put = async (state: TrialState): Promise<TrialState> => {
    await writeState(folder, trial, state);
    return state;
  };
  /** Waits for whoever holds a lock, and holds it meanwhile. */
  const holding = <T>(lock: string, work: () => Promise<T>) =>
    withLock(lock, work, {
      onHeld: (holder) => log(`${label}: waiting for ${holder ? `process ${holder.pid} on ${holder.host}` : lock}`),
    });
  return holding(trialFile(folder, trial, 'lock'), async () => {
    let known = await readState(folder, trial);
    while (!hasEnded(known)) {
      const stand = standOf(known, run);
      if (stand.deaths >= POISON_DEATHS)
        return put({
          state: 'failed',
          reason: `poison: whoever trained it died ${stand.deaths} times in a row`,
          ...stand,
        });
      if (signal.aborted || (await readOrder(folder)) !== 'run') return put({ state: 'waiting', ...stand });
      // What a worker that has died started is gone in a moment; on a machine that was lost, after half a minute.
      await holding(runLock(run), async () => {});
      log(`${label}: ${stand.checkpoint ? 'goes on' : 'starts'}`);
      known = await put({ state: 'running', ...stand, host: hostname(), pid: process.pid });
      const end = await trainTrial(folder, plan, trial, { trainer, signal });
      if (end.state !== 'died') return put({ deaths: 0, ...end });
      log(`${label}: the trainer was ended by ${end.reason}`);
    }
    return known;
  });
}

/** Where a trial stands. One that is found running, by who holds its lock now, has lost who trained it. */
function standOf({ state, deaths, checkpoint }: TrialState, run: string): Pick<TrialState, 'deaths' | 'checkpoint'> {
  const newest = newestCheckpoint(run);
  const inARow = newest === checkpoint ? deaths + 1 : 1;
  return { deaths: state === 'running' ? inARow : 0, ...(newest && { checkpoint: newest }) };
}

type End =
  | { state: 'complete' | 'waiting' }
  | { state: 'pruned' | 'failed'; reason: string }
  | { state: 'died'; reason: string };

/** Starts the trainer once, stops it where that is asked for or the pruner says so, and says how it ended. */
async function trainTrial(
  folder: string,
  plan: StudyPlan,
  trial: Trial,
  { trainer, signal }: Pick<PerformOptions, 'trainer' | 'signal'>,
): Promise<End> {
  const log = trialFile(folder, trial, 'log');
  const args = [...trial.args, '--runs', studyFile(folder, 'runs')];
  const { child, ended } = startTrainer(trainer, args, { userFolder: plan.userFolder, log });
  let exit: Awaited<typeof ended> | undefined;
  const noted = ended.then((found) => {
    exit = found;
  });
  let stopped: End | undefined;
  let judged = 0;
  while (!exit) {
    await Promise.race([noted, sleep(POLL_SECONDS * 1000)]);
    if (exit || stopped) continue;
    if (signal.aborted || (await readOrder(folder)) !== 'run') stopped = { state: 'waiting' };
    else if (plan.pruner !== 'none') {
      const curve = await readCurve(runFolder(folder, trial), plan.metric);
      // After a kill it is cut to its last checkpoint.
      for (judged = Math.min(judged, curve.length); judged < curve.length && !stopped; judged++) {
        const upTo = curve.slice(0, judged + 1);
        if (shouldPrune(plan.pruner, upTo, await rivalsOf(folder, plan, trial)))
          stopped = { state: 'pruned', reason: `after epoch ${upTo.length}` };
      }
    }
    if (stopped) child.kill('SIGTERM');
  }
  if (exit.code === 0 && (await readResult(runFolder(folder, trial)))) return { state: 'complete' };
  if (stopped) return stopped;
  if (exit.code === null || ASKED.includes(exit.code)) return { state: 'died', reason: exit.signal ?? 'a signal' };
  return { state: 'failed', reason: await lastLineOf(log) };
}

/** The other trials, as far as they have come. */
async function rivalsOf(folder: string, { trials, metric }: StudyPlan, own: Trial) {
  const others = trials.filter(({ id }) => id !== own.id);
  return Promise.all(
    others.map(async (other) => ({
      curve: await readCurve(runFolder(folder, other), metric),
      isComplete: (await readState(folder, other)).state === 'complete',
    })),
  );
}

function newestCheckpoint(run: string): string | undefined {
  const checkpoints = join(run, RUN_FILES.checkpoints);
  return existsSync(checkpoints)
    ? readdirSync(checkpoints)
        .filter((name) => /^\d+$/.test(name))
        .sort()
        .at(-1)
    : undefined;
}

const lastLineOf = async (file: string) => (await readFile(file, 'utf8')).trim().split('\n').at(-1) ?? '';
