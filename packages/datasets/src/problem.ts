import { DataError, type ProblemKind } from '@mmolre/files';
import type { Sample } from './sample';

/** An error makes a sample wrong or unusable; a warning is worth a look. */
export type Severity = 'error' | 'warning';

/** One thing that is wrong with a data set. */
export type Problem = {
  kind: ProblemKind;
  severity: Severity;
  /** Relative to the data set's folder, `/` between folders. */
  file: string;
  /** Counted from 1; left out where the file has no lines, or the whole of it is meant. */
  line?: number;
  /** One line that names file and line and says what was expected and what was found. */
  message: string;
};

/** Hears of each problem. */
export type Report = (problem: Problem) => void;

const WARNINGS = new Set<ProblemKind>([
  'no-audio',
  'no-row',
  'known-bad',
  'unmatched',
  'mismatch',
  'not-mapped',
  'encoding',
  'control-characters',
  'label-scale',
  'odd-id',
  'counts',
  'same-clip',
]);

export function problem(
  kind: ProblemKind,
  file: string,
  line: number | undefined,
  message: string,
  severity: Severity = WARNINGS.has(kind) ? 'warning' : 'error',
): Problem {
  return { kind, severity, file, ...(line !== undefined && { line }), message };
}

/** Runs a step; if the data is wrong, that is reported and undefined comes back. */
export async function attempt<T>(
  report: Report,
  file: string,
  line: number | undefined,
  step: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    report(problem(error.kind, file, line, error.message));
    return undefined;
  }
}

const OF_RECORDINGS = new Set<ProblemKind>(['missing-audio', 'corrupt-audio', 'no-audio-track', 'outside-folder']);
const OF_LABELS = new Set<ProblemKind>(['leakage', 'mismatch']);

/**
 * What a problem costs: the sample of its line, that sample's recording, or the file with all of its samples. undefined where nothing is
 * lost, as where a sample never had a recording, and where samples would be wrong and not fewer.
 */
export function costOf({ kind, severity, line }: Problem): 'sample' | 'recording' | 'file' | undefined {
  if (severity === 'warning' || OF_LABELS.has(kind)) return undefined;
  if (OF_RECORDINGS.has(kind) || (kind === 'lfs-pointer' && line !== undefined)) return 'recording';
  return kind === 'unreadable' || kind === 'lfs-pointer' ? 'file' : 'sample';
}

/** So many samples are lost, of so many there would be. */
export type Loss = { lost: number; of: number };

/** Per cent of the samples that may be lost where nobody says otherwise. */
export const MAX_LOST = 1;

export const isTooMuch = ({ lost, of }: Loss, maxLost: number): boolean => lost > (of * maxLost) / 100;

/**
 * Counts what the problems cost. What a file held that cannot be read is not known: it counts as the mean of the others.
 *
 * @param spoken Whether a sample without its recording is lost.
 */
export function countLost(samples: readonly Sample[], problems: readonly Problem[], spoken: boolean): Loss {
  const lost = { sample: new Set<string>(), recording: new Set<string>(), file: new Set<string>() };
  for (const found of problems) {
    const cost = costOf(found);
    if (cost === 'file') lost.file.add(found.file);
    else if (cost) lost[cost].add(`${found.file}:${found.line ?? found.message}`);
  }
  const files = new Set(samples.map(({ origin }) => origin?.file));
  const ofFiles = lost.file.size * Math.max(1, Math.ceil(samples.length / Math.max(1, files.size)));
  const gone = lost.sample.size + ofFiles;
  return { lost: gone + (spoken ? lost.recording.size : 0), of: samples.length + gone };
}
