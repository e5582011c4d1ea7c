import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { faultPoint, withLock, writeFileSafely } from '@mmolre/files';
import {
  type Checkpoint,
  type CheckpointState,
  checkpointNumbers,
  keepCheckpoints,
  newestCheckpoint,
  pointBest,
  putAside,
  saveCheckpoint,
  sweep,
} from './checkpoints';
import { checkpointFile, runFile, runLock } from './run-layout';
import { openLog } from './run-log';
import {
  codeDifference,
  difference,
  newSession,
  type RunIdentity,
  type RunRecord,
  readRecord,
  type Session,
  writeRecord,
} from './run-record';

export type RunOptions = {
  seed: number;
  /** Where the data lies now. */ dataFolder: string;
  session: Pick<Session, 'command' | 'machine' | 'code' | 'ranks'>;
  /** Moves a run that is there aside, whatever it is, and starts anew. */ force?: boolean | undefined;
  /** A damaged checkpoint is an error, also where the one before is whole. */ strictResume?: boolean | undefined;
  /** How many of the newest checkpoints are kept, beside the best: 2. */ keep?: number | undefined;
  /** How the run is called in lines for people: by its path. */ shown?: string;
  /** How it goes on if it is stopped, in a line for people. */ goesOn: string;
  log: (line: string) => void;
};

/** A run that this process owns. */
export type OpenRun = {
  path: string;
  /** What it goes on from; undefined at its start. */ from: Checkpoint | undefined;
  /** Into how many parts each batch is divided. */ parts: number;
  /** Adds a line to `metrics.jsonl`. @returns It, with the seconds of training up to now. */
  append<E extends object>(event: E): E & { seconds: number };
  /**
   * Makes a checkpoint of what `write` puts into the folder that it gets and of where the training stands, then removes those that are not
   * kept.
   */
  save(checkpoint: {
    state: Pick<CheckpointState, 'position' | 'adam' | 'average'>;
    best: { epoch: number; score: number } | undefined;
    isBest: boolean;
    write: (folder: string) => Promise<void>;
  }): Promise<void>;
  /** Says in `finished.json` how it ended: nothing is trained any more. */ finish(result: object): Promise<void>;
};

/** A run that is trained to its end. */
export const isFinished = (run: string): boolean => existsSync(runFile(run, 'finished'));

/**
 * Refuses what is no run, and a run of something else, before any work is done.
 *
 * @param identity As much of it as is known.
 * @throws One line: the folder, the field that differs, and what to do.
 */
export async function checkRun(
  path: string,
  identity: Partial<RunIdentity>,
  { force, shown = path }: Pick<RunOptions, 'force' | 'shown'>,
): Promise<void> {
  if (force && existsSync(runFile(path, 'record'))) return;
  const record = await recordOf(path, shown);
  if (!record) return;
  // What computes decides what is trained; what is trained already is what it is.
  const { backend, ...rest } = identity;
  const found = difference(record.identity, isFinished(path) ? rest : identity);
  if (found)
    throw new Error(
      `${shown}: a run of something else: ${found}; --force moves it aside and starts again, --new takes another name`,
    );
}

/** What a start that was killed at once leaves: `run.json` that was not yet in its place. */
const UNFINISHED = /^run\.json\..*\.tmp$/;

/** @returns undefined where there is nothing yet. @throws If what is there is no run. */
async function recordOf(path: string, shown: string): Promise<RunRecord | undefined> {
  const record = await readRecord(path);
  if (record) return record;
  if (existsSync(path) && (!lstatSync(path).isDirectory() || readdirSync(path).some((name) => !UNFINISHED.test(name))))
    throw new Error(
      `${shown}: expected the folder of a run, or none, found one without run.json; --new takes another name`,
    );
  return undefined;
}

/**
 * Works on a run as the only process that does: starts it, or goes on where its newest checkpoint is.
 *
 * @throws One line: another process holds it (which, and since when), it is no run or one of something else, no checkpoint is whole, or
 *   the disk cannot be written.
 */
export async function withRun<T>(
  path: string,
  identity: RunIdentity,
  options: RunOptions,
  work: (run: OpenRun) => Promise<T>,
): Promise<T> {
  const { shown = path, log } = options;
  return withLock(runLock(path), async () => {
    await checkRun(path, identity, options);
    if (options.force) await moveAside(path, shown, log);
    await mkdir(path, { recursive: true });
    await sweep(path);
    faultPoint("the run's folder is there");
    const from = isFinished(path) ? undefined : await newestCheckpoint(path, { strict: options.strictResume, log });
    if (from) await putAside(path, from.number);
    if (from?.state.best) await pointBest(path, from.state.best.checkpoint); // the last process may not have come to it
    const record = (await readRecord(path)) ?? {
      format: 1,
      seed: options.seed,
      dataFolder: options.dataFolder,
      identity,
      sessions: [],
    };
    if (isFinished(path)) return work(finishedRun(path));

    const { step } = from?.state.position ?? { step: 0 };
    const changed = codeDifference(record, options.session);
    if (changed) log(`warning: ${shown}: ${changed}`);
    if (record.sessions.length > 0)
      log(step > 0 ? `${shown}: goes on after step ${step}` : `${shown}: nothing was saved yet, so it starts again`);
    const session = newSession(step, options.session);
    record.parts = partsFor(record, session, step > 0 ? (line) => log(`${shown}: ${line}`) : () => {});
    const { parts } = record;
    record.sessions.push(session);
    await writeRecord(path, record);
    await mkdir(runFile(path, 'checkpoints'), { recursive: true });
    faultPoint('the run is opened');
    await pointLatest(path, log);

    const file = openLog(runFile(path, 'log'), from?.state.logBytes ?? 0);
    const before = from?.state.seconds ?? 0;
    const started = performance.now();
    const seconds = () => before + (performance.now() - started) / 1000;
    let best = from?.state.best ?? null;
    session.toStep = step;
    const run: OpenRun = {
      path,
      from,
      parts,
      append(event) {
        const timed = { seconds: Math.round(seconds() * 1000) / 1000, ...event };
        file.append(timed);
        return timed;
      },
      async save({ state, best: found, isBest, write }) {
        if (!existsSync(runFile(path, 'record')))
          throw new Error(`${shown}: its folder is gone; it was deleted or moved`);
        const logBytes = file.sync();
        faultPoint('the log is on the disk');
        const number = await saveCheckpoint(path, async (folder, number) => {
          if (found && isBest) best = { checkpoint: number, ...found };
          const all: CheckpointState = { ...state, best, logBytes, seconds: seconds() };
          await write(folder);
          await writeFileSafely(checkpointFile(folder, 'state'), `${JSON.stringify(all, null, 1)}\n`);
        });
        session.toStep = state.position.step;
        if (isBest) await pointBest(path, number);
        faultPoint('best points at it');
        const newest = checkpointNumbers(path).slice(-(options.keep ?? KEEP));
        await keepCheckpoints(path, best ? [...newest, best.checkpoint] : newest);
      },
      async finish(result) {
        faultPoint('the run ends');
        await writeFileSafely(runFile(path, 'finished'), `${JSON.stringify(result, null, 2)}\n`);
        faultPoint('the run has ended');
      },
    };
    try {
      const result = await work(run);
      session.stopped = isFinished(path) ? 'finished' : 'stopped';
      return result;
    } catch (error) {
      session.stopped = (error as Error).message;
      throw error;
    } finally {
      file.close();
      session.end = new Date().toISOString();
      await writeRecord(path, record).catch(() => {}); // what ended the work has been said
    }
  });
}

const KEEP = 2;

/** Into how many parts its batches are divided from now on: as before, where so many processes can share them. */
function partsFor({ parts = 1, sessions }: RunRecord, { ranks = 1 }: Session, warn: (line: string) => void): number {
  const last = sessions.at(-1)?.ranks ?? 1;
  if (parts % ranks !== 0) {
    warn(
      `goes on with ${ranks} processes, which cannot share ${parts} part${parts === 1 ? '' : 's'} of each batch: there are ${ranks} from now on, which draw other numbers, so it does not end as if never stopped`,
    );
    return ranks;
  }
  if (ranks !== last && parts > 2)
    warn(
      `goes on with ${ranks} processes, before there were ${last}: their sums round otherwise, so the last bits may differ`,
    );
  return parts;
}

function finishedRun(path: string): OpenRun {
  const refuse = () => {
    throw new Error(`${path}: trained to its end already`);
  };
  return { path, from: undefined, parts: 1, append: refuse, save: refuse, finish: refuse };
}

/** Gives what is there another name, `<name>.old` or the next that is free. */
async function moveAside(path: string, shown: string, log: (line: string) => void): Promise<void> {
  if (!existsSync(path) || readdirSync(path).length === 0) return;
  const free = freeName(`${path}.old`, existsSync);
  await rename(path, free);
  log(`${shown}: what was there is now ${basename(free)}`);
}

/** The name, or where something is there already the first of `<name>-2`, `<name>-3`, ... that is free: what `--new` takes. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let n = 1; ; n++) {
    const next = n === 1 ? name : `${name}-${n}`;
    if (!isTaken(next)) return next;
  }
}

/** `latest` among the runs points at the one that was started or tested last: the one to evaluate. Where it cannot, that is said. */
export async function pointLatest(path: string, log: (line: string) => void): Promise<void> {
  const latest = join(dirname(path), 'latest');
  const beside = join(dirname(path), `.latest-${process.pid}.tmp`);
  try {
    await rm(beside, { force: true });
    await symlink(basename(path), beside);
    await rename(beside, latest);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    log(`warning: ${latest} does not point at this run: ${(error as Error).message}`);
  }
}
