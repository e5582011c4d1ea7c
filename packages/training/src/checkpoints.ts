import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { faultPoint, readJson, replaceFolder, sealFault, sealFolder } from '@mmolre/files';
import { configProblems } from '@mmolre/model';
import { z } from 'zod';
import { checkpointFile, RUN_FILES, runFile } from './run-layout';

const count = z.number().int().min(0);

/** Where a training stands, in a checkpoint. */
export const checkpointStateSchema = z.object({
  /** Between which two steps. */
  position: z.object({ epoch: count, batch: count, step: count, lossSum: z.number() }),
  /** Which checkpoint holds the best model, and how good it is: lower is better. */
  best: z.object({ checkpoint: count, epoch: count, score: z.number() }).nullable(),
  /** What AdamW knows of each parameter beside its moments: how many steps have reached it, and with which others it is updated. */
  adam: z.record(z.string(), z.tuple([count, count])),
  /** How many steps the average of the weights has seen, and how many of them it has not taken in. */
  average: z.object({ steps: count, waiting: count }).nullable(),
  /** Of the log, when the checkpoint was made. */
  logBytes: count,
  /** Of training, up to there. */
  seconds: z.number().min(0),
});
export type CheckpointState = z.infer<typeof checkpointStateSchema>;

/** A checkpoint that is whole, as is the one with the best model so far. */
export type Checkpoint = { number: number; folder: string; state: CheckpointState };

const NAME = /^\d{6}$/;

/** Where the checkpoint of that number is, or would be. */
export const checkpointFolder = (run: string, number: number): string =>
  join(runFile(run, 'checkpoints'), String(number).padStart(6, '0'));

/** The numbers of the checkpoints of a run, whole or not, in their order. */
export function checkpointNumbers(run: string): number[] {
  const folder = runFile(run, 'checkpoints');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  return names.map(Number).sort((a, b) => a - b);
}

/**
 * Makes the next checkpoint: beside its place, sealed by a manifest of sizes and SHA-256, then renamed. Before that it is none, after that it
 * is the newest. Whatever fails, the others stay.
 *
 * @param write Writes its files into the folder; gets its number, too.
 * @returns Its number.
 */
export async function saveCheckpoint(
  run: string,
  write: (folder: string, number: number) => Promise<void>,
): Promise<number> {
  const number = (checkpointNumbers(run).at(-1) ?? 0) + 1;
  faultPoint('a checkpoint begins');
  await replaceFolder(checkpointFolder(run, number), async (folder) => {
    await mkdir(folder);
    await write(folder, number);
    faultPoint('a checkpoint is written');
    await sealFolder(folder);
    faultPoint('a checkpoint is sealed');
  });
  faultPoint('a checkpoint is in place');
  return number;
}

/** Removes the other checkpoints. One that is killed on the way leaves no broken checkpoint behind, but something to sweep. */
export async function keepCheckpoints(run: string, kept: readonly number[]): Promise<void> {
  for (const number of checkpointNumbers(run)) {
    if (kept.includes(number)) continue;
    const gone = join(runFile(run, 'checkpoints'), `tmp-gone-${number}`);
    faultPoint('an old checkpoint goes');
    await rename(checkpointFolder(run, number), gone);
    faultPoint('an old checkpoint is aside');
    await rm(gone, { recursive: true });
    faultPoint('an old checkpoint is gone');
  }
}

/** Points `best` in the run's folder to a checkpoint. It is a help to people: nothing here reads it, and a disk without links does without. */
export async function pointBest(run: string, number: number): Promise<void> {
  const beside = `${runFile(run, 'best')}.tmp`;
  await rm(beside, { force: true });
  await symlink(join(RUN_FILES.checkpoints, basename(checkpointFolder(run, number))), beside).then(
    () => rename(beside, runFile(run, 'best')),
    () => {},
  );
}

/** Removes what killed processes left unfinished. Only for who owns the run. */
export async function sweep(run: string): Promise<void> {
  for (const folder of [run, runFile(run, 'checkpoints'), runFile(run, 'report')]) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder))
      if (/^tmp-|\.tmp$/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** What is wrong with a checkpoint, as one line without its folder; undefined if it is whole. */
export async function checkpointFault(run: string, number: number): Promise<string | undefined> {
  const folder = checkpointFolder(run, number);
  const fault = await sealFault(folder);
  if (fault) return fault;
  return readState(folder).then(
    () => undefined,
    (error: Error) => error.message.replace(`${folder}/`, ''),
  );
}

/** @throws One line that names the file and the field. */
export async function readState(folder: string): Promise<CheckpointState> {
  const path = checkpointFile(folder, 'state');
  const parsed = checkpointStateSchema.safeParse(await readJson(path, 'a checkpoint'));
  if (!parsed.success) throw new Error(`${path}: ${configProblems(parsed.error)}`);
  return parsed.data;
}

/**
 * The newest checkpoint that is whole and whose best model is. A damaged one is told by its path and what is wrong with it, and the one
 * before is taken.
 *
 * @param strict A damaged one is an error.
 * @returns undefined where there is none at all.
 * @throws One line: a damaged one where that is an error, or where none is left.
 */
export async function newestCheckpoint(
  run: string,
  { strict = false, log }: { strict?: boolean | undefined; log: (line: string) => void },
): Promise<Checkpoint | undefined> {
  const numbers = checkpointNumbers(run);
  const faults: string[] = [];
  for (const number of numbers.toReversed()) {
    const folder = checkpointFolder(run, number);
    const fault = await faultWithBest(run, number);
    if (!fault) return { number, folder, state: await readState(folder) };
    if (strict) throw new Error(`${fault}; without --strict-resume the one before is used`);
    log(`${fault}: not used`);
    faults.push(fault);
  }
  if (numbers.length === 0) return undefined;
  throw new Error(`${faults.at(-1)}, and no other checkpoint is whole; --force moves the run aside and starts again`);
}

async function faultWithBest(run: string, number: number): Promise<string | undefined> {
  const fault = await checkpointFault(run, number);
  if (fault) return `${checkpointFolder(run, number)}: ${fault}`;
  const { best } = await readState(checkpointFolder(run, number));
  if (!best || best.checkpoint === number) return undefined;
  const ofBest = await checkpointFault(run, best.checkpoint);
  return ofBest && `${checkpointFolder(run, best.checkpoint)}: ${ofBest}, and it is the best model of ${number}`;
}

/** Puts damaged checkpoints that are newer than this one aside, under a name that says so: the next ones take their numbers. */
export async function putAside(run: string, after: number): Promise<void> {
  for (const number of checkpointNumbers(run)) {
    if (number <= after) continue;
    const folder = checkpointFolder(run, number);
    const aside = join(runFile(run, 'checkpoints'), `damaged-${basename(folder)}`);
    await rm(aside, { recursive: true, force: true });
    await rename(folder, aside);
  }
}
