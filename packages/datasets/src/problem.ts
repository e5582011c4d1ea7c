import { DataError, type ProblemKind } from '@mmolre/files';

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

/** Hears of each problem. It may throw, to stop at the first. */
export type Report = (problem: Problem) => void;

const WARNINGS = new Set<ProblemKind>(['no-audio', 'no-row', 'known-bad', 'unmatched', 'mismatch', 'not-mapped']);

/** Throws each error as a {@link DataError}, and lets warnings pass. */
export const stopAtFirst: Report = ({ severity, message, kind }) => {
  if (severity === 'error') throw new DataError(message, { kind });
};

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
