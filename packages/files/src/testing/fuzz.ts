import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { drawFrom, type Mutator } from './draw';
import { coverageOf, startCoverage } from './line-coverage';
import { mutateBytes } from './mutate-bytes';
import { startWatchdog } from './watchdog';

/** Files of each kind that are broken by their structure; a fifth as many are broken by bytes alone. `pnpm test:fuzz` says how many. */
const COUNT = Number(process.env.MMOLRE_FUZZ ?? 40);
const IS_LONG = COUNT > 100;
/** Beyond what the process had before, for everything: worker threads with their decoders, what is not collected yet. */
const MAX_MEGABYTES = 400;
const MAX_SECONDS = 30;
const MAX_MESSAGE = 4_000;
const AT_ONCE = 4;
/** Of the files that get past the first check, those that lines are counted for. */
const MEASURED = 600;

// At once, before the readers are loaded.
if (IS_LONG) startCoverage();

/** The time that a test of {@link fuzz} may take, in milliseconds. */
export const FUZZ_TIMEOUT = COUNT * 1_000 + 120_000;

/** A reader, and what is broken for it. */
export type FuzzTarget = {
  /** Sound files; each is broken in turn. */
  seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Breaks one by its structure. */
  mutate: Mutator;
  /** Makes checks that the reading begins with pass again, such as checksums. */
  repair?: (bytes: Buffer) => Buffer;
  /** The broken file's path in a folder of its own. */
  file: string;
  /** Other files of that folder. */
  beside?: Readonly<Record<string, string | Uint8Array>>;
  /**
   * Reads the file.
   *
   * @returns The lines in which it lists what is wrong.
   * @throws One line that names the file, if it refuses it; {@link WrongValue} if it gave what it should not give.
   */
  read: (path: string, folder: string, bytes: Buffer) => Promise<readonly string[]>;
  /** What messages call the file; its name, if left out. */
  named?: RegExp;
  /** What the first check says: the file is of another kind, or its head is wrong. */
  firstCheck: RegExp;
  /** Of the files broken by structure, this share and more get past the first check. */
  share: number;
  /** Source files whose lines are counted, once past the first check, and the share that is reached at least. */
  lines: { files: RegExp; share: number };
  /** A program is started for each: it is tried on a tenth of the files. */
  isSlow?: boolean;
  /** Reads in this thread, where `read` leaves it to another in which no lines are counted. */
  readHere?: FuzzTarget['read'];
};

/** A reader gave what it should not give. */
class WrongValue extends Error {
  override name = 'WrongValue';
}

/** @throws WrongValue */
export function expectThat(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new WrongValue(what());
}

type Kind = 'first check' | 'refused' | 'listed' | 'read';
type Outcome = { kind: Kind } | { kind: 'fault'; what: string };

/**
 * Reads many broken files, always the same ones.
 *
 * @returns What is wrong, a line each: what is neither read nor refused in one line that names the file, what takes too long or too much
 *   memory; and if too few get past the first check, or reach too few lines.
 */
export async function fuzz(name: string, target: FuzzTarget): Promise<string[]> {
  const started = performance.now();
  const root = await mkdtemp(join(tmpdir(), 'mmolre-fuzz-'));
  const before = process.memoryUsage.rss();
  const numbers = new Int32Array(new SharedArrayBuffer(4 * AT_ONCE));
  const watchdog = startWatchdog(name, numbers);
  try {
    const seeds = (await target.seeds()).map((seed) => Buffer.from(seed));
    const folders = await Promise.all(Array.from(numbers, (_, slot) => placeBeside(target, join(root, `f${slot}`))));
    const usual = new Set<string>();
    for (const seed of seeds) {
      const read = await attempt(target, folders[0]!, seed, usual);
      if (read.kind === 'fault') return [`the sound file: ${read.what}`];
      if (read.kind !== 'read' && read.kind !== 'listed') return [`the sound file is refused: ${read.lines.join()}`];
      for (const line of read.lines) usual.add(line);
    }
    const counts: Record<Kind, number> = { 'first check': 0, refused: 0, listed: 0, read: 0 };
    const faults: string[] = [];
    const past: number[] = [];
    const count = target.isSlow ? Math.ceil(COUNT / 10) : COUNT;
    const total = count + Math.ceil(count / 5);
    let next = 0;
    await Promise.all(
      folders.map(async (folder, slot) => {
        for (let number = next++; number < total; number = next++) {
          numbers[slot] = number;
          const { bytes, how } = broken(target, seeds, number, count);
          const outcome = await attempt(target, folder, bytes, usual);
          if (outcome.kind === 'fault') faults.push(`file ${number} (${how}): ${outcome.what}`);
          else if (number < count) counts[outcome.kind]++;
          if (outcome.kind !== 'fault' && outcome.kind !== 'first check' && number < count) past.push(number);
        }
      }),
    );
    const peak = (process.resourceUsage().maxRSS * 1_024 - before) / 1e6; // of the process since it began
    if (IS_LONG) {
      const measured = past.filter((_, i) => i % Math.ceil(past.length / MEASURED) === 0);
      const { read, readHere = read } = target;
      const work = async () => {
        for (const number of measured) {
          numbers[0] = number;
          await attempt({ ...target, read: readHere }, folders[0]!, broken(target, seeds, number, count).bytes, usual);
        }
      };
      const { covered, total: lines, missed } = await coverageOf(work, target.lines.files);
      const seconds = (performance.now() - started) / 1_000;
      const reader = target.lines.files.source.replace(/\\([/.])|\$$/g, '$1');
      await report({ name, files: count, past: past.length, counts, reader, lines, covered, missed, peak, seconds });
      if (!(covered >= target.lines.share * lines && lines > 0))
        faults.push(
          `${covered} of ${lines} lines of ${target.lines.files} are reached, expected the share ${target.lines.share}; ` +
            `not ${missed.join(' / ').slice(0, 2_000)}`,
        );
    }
    // Of few files, the share is a matter of luck.
    if (past.length < (IS_LONG ? target.share : target.share / 2) * count)
      faults.push(
        `${past.length} of ${count} get past the first check, expected the share ${target.share}: ${JSON.stringify(counts)}`,
      );
    if (peak > MAX_MEGABYTES) faults.push(`${peak.toFixed(0)} MB more than before, expected at most ${MAX_MEGABYTES}`);
    return faults.slice(0, 8);
  } finally {
    await watchdog.terminate();
    await rm(root, { recursive: true, force: true, maxRetries: 5 }); // others may still write, if one has thrown
  }
}

/** The file of that number: the first ones are broken by their structure. */
function broken(
  { mutate, repair = (bytes) => bytes }: FuzzTarget,
  seeds: readonly Buffer[],
  number: number,
  count: number,
) {
  const draw = drawFrom(number);
  const { bytes, how } = (number < count ? mutate : mutateBytes)(seeds[number % seeds.length]!, draw);
  return { bytes: repair(bytes), how };
}

async function placeBeside({ file, beside }: FuzzTarget, folder: string): Promise<string> {
  for (const [name, content] of Object.entries({ ...beside, [file]: '' })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function attempt(
  target: FuzzTarget,
  folder: string,
  bytes: Buffer,
  usual: ReadonlySet<string>,
): Promise<Outcome & { lines: readonly string[] }> {
  const path = join(folder, target.file);
  await writeFile(path, bytes);
  const started = performance.now();
  let [kind, lines]: [Kind, readonly string[]] = ['read', []];
  try {
    // A folder's name is no part of what is told.
    lines = (await target.read(path, folder, bytes)).map((line) => line.replaceAll(folder, ''));
    if (lines.some((line) => !usual.has(line))) kind = 'listed';
  } catch (error) {
    const flaw = flawOf(error as Error, target);
    if (flaw) return { kind: 'fault', what: flaw, lines };
    kind = 'refused';
    lines = [(error as Error).message];
  }
  const seconds = (performance.now() - started) / 1_000;
  const long = lines.find((line) => line.length > MAX_MESSAGE || /\p{Cc}/u.test(line));
  if (seconds > MAX_SECONDS) return { kind: 'fault', what: `${seconds.toFixed(0)} s`, lines };
  if (long !== undefined)
    return { kind: 'fault', what: `not one short line: ${JSON.stringify(long.slice(0, 300))}`, lines };
  return { kind: lines.some((line) => target.firstCheck.test(line)) ? 'first check' : kind, lines };
}

/** Why an error is none for people; undefined if it is one. */
function flawOf(error: Error, { file, named }: FuzzTarget): string | undefined {
  const isWorded = error instanceof Error && ['Error', 'DataError'].includes(error.name) && !('code' in error);
  if (!isWorded) return String(error?.stack ?? error);
  const isNamed = named ? named.test(error.message) : error.message.includes(file);
  return isNamed ? undefined : `does not name the file: ${error.stack}`;
}

/** Leaves the figures where `pnpm test:fuzz` makes a table of them. */
async function report(figures: { name: string } & Record<string, unknown>): Promise<void> {
  const folder = join('.test-results', 'fuzz');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${figures.name.replace(/\W+/g, '-')}.json`), JSON.stringify(figures));
}
