import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeFileSafely } from '@mmolre/files';
import { configProblems } from '@mmolre/model';
import { z } from 'zod';
import { planSchema, type StudyPlan, type Trial } from './plan';

// A study's folder is the truth of it: what is to be run, how far each trial has come, and what is asked of those who work on it. Every worker reads
// and writes here; a queue only hands trials out.

/** What the folder of a study holds, by what it is for. */
const FILES = {
  /** Its trials, with the trainer's arguments. */ plan: 'study.json',
  /** What those who work on it are asked to do. */ order: 'order.json',
  /** A folder: each trial's state, lock and log. */ trials: 'trials',
  /** A folder: each trial's run. */ runs: 'runs',
  /** A row a trial. */ csv: 'results.csv',
  /** A folder: a page about it, and the same for other programs. */ report: 'report',
} as const;

export const studyFile = (folder: string, what: keyof typeof FILES): string => join(folder, FILES[what]);

/** Where a trial's run is. */
export const runFolder = (study: string, { id }: Pick<Trial, 'id'>): string => join(studyFile(study, 'runs'), id);

/** Where a trial's state, lock or log is. */
export const trialFile = (study: string, { id }: Pick<Trial, 'id'>, what: 'json' | 'lock' | 'log'): string =>
  join(studyFile(study, 'trials'), `${id}.${what}`);

/** Puts a study in its folder. One that is there already gets these trials, and keeps what it knows of them. */
export const writePlan = (folder: string, plan: StudyPlan): Promise<void> =>
  writeFileSafely(studyFile(folder, 'plan'), `${JSON.stringify(plan, null, 1)}\n`);

/** @throws One line that names the file: there is no study, or the field that is not as it should be. */
export const readPlan = (folder: string): Promise<StudyPlan> =>
  readAs(planSchema, studyFile(folder, 'plan'), 'the folder of a study');

async function readAs<S extends z.ZodType>(schema: S, file: string, expected?: string): Promise<z.infer<S>> {
  const parsed = schema.safeParse(await readJson(file, expected));
  if (!parsed.success) throw new Error(`${file}: ${configProblems(parsed.error)}`);
  return parsed.data;
}

const orderSchema = z.enum(['run', 'pause', 'cancel']);
/** What is asked of all who work on a study: to go on, to stop trials at their next step and wait, or to stop them for good. */
export type Order = z.infer<typeof orderSchema>;

export const giveOrder = (folder: string, order: Order): Promise<void> =>
  writeFileSafely(studyFile(folder, 'order'), `${JSON.stringify({ order })}\n`);

/** `run` where nothing else was asked. */
export async function readOrder(folder: string): Promise<Order> {
  const file = studyFile(folder, 'order');
  return existsSync(file) ? (await readAs(z.object({ order: orderSchema }), file)).order : 'run';
}

const stateSchema = z.object({
  /** `running` is also what a worker that has died leaves behind. */
  state: z.enum(['waiting', 'running', 'complete', 'pruned', 'failed']),
  /** How often in a row who worked on it died, without a new checkpoint between. */
  deaths: z.number(),
  /** The newest checkpoint when it was last started. */
  checkpoint: z.string().optional(),
  /** Why it failed, or where it was pruned. */
  reason: z.string().optional(),
  /** Who works on it, or did. */
  host: z.string().optional(),
  pid: z.number().optional(),
  /** Since when it is so, ISO 8601. */
  since: z.string().optional(),
});

/** How far a trial has come. */
export type TrialState = z.infer<typeof stateSchema>;

/** Nothing is done about such a trial any more, unless it is requeued. */
export const hasEnded = ({ state }: TrialState): boolean => ['complete', 'pruned', 'failed'].includes(state);

/** @throws One line that names the file: it says nothing that can be a state. */
export async function readState(study: string, trial: Pick<Trial, 'id'>): Promise<TrialState> {
  const file = trialFile(study, trial, 'json');
  if (!existsSync(file)) return { state: 'waiting', deaths: 0 };
  return readAs(stateSchema, file);
}

export const writeState = (study: string, trial: Pick<Trial, 'id'>, state: TrialState): Promise<void> =>
  writeFileSafely(
    trialFile(study, trial, 'json'),
    `${JSON.stringify({ ...state, since: new Date().toISOString() })}\n`,
  );

/** Gives trials that failed or were pruned another chance, and takes back that the study was paused or cancelled. @returns How many. */
export async function requeue(folder: string): Promise<number> {
  let count = 0;
  for (const trial of (await readPlan(folder)).trials) {
    const { state } = await readState(folder, trial);
    if (state !== 'failed' && state !== 'pruned') continue;
    await writeState(folder, trial, { state: 'waiting', deaths: 0 });
    count += 1;
  }
  await giveOrder(folder, 'run');
  return count;
}
