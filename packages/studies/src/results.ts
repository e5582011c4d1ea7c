import { csvText } from '@mmolre/files';
import { MAIN_FIGURES } from '@mmolre/report';
import { type RunResult, readResult } from '@mmolre/training';
import { metricValue, readCurve } from './curve';
import type { StudyPlan, Trial } from './plan';
import { readState, runFolder, type TrialState } from './study-folder';

/** A trial and what has come of it. */
export type TrialResult = {
  trial: Trial;
  state: TrialState;
  /** Epochs that have ended. */ epochs: number;
  /** The best validation value of the study's metric; undefined before the first epoch. */ best: number | undefined;
  /** Of a complete trial. */ result: RunResult | undefined;
  /** The folder of its run. */ run: string;
};

/** What has come of each trial up to now, from the folders of their runs. */
export function readResults(folder: string, { trials, metric }: StudyPlan): Promise<TrialResult[]> {
  return Promise.all(
    trials.map(async (trial): Promise<TrialResult> => {
      const run = runFolder(folder, trial);
      const state = await readState(folder, trial);
      const scores = (await readCurve(run, metric)).filter(Number.isFinite);
      return {
        ...{ trial, state, run, epochs: scores.length },
        best: scores.length > 0 ? metricValue(metric, Math.min(...scores)) : undefined,
        result: state.state === 'complete' ? await readResult(run) : undefined,
      };
    }),
  );
}

/** A row a trial: what it is, its state, the best validation value, and the main figures of its test where it has one. */
export function resultsCsv(
  { fields, metric }: Pick<StudyPlan, 'fields' | 'metric'>,
  results: readonly TrialResult[],
): string {
  const head = [
    ...['trial', ...fields, 'seed', 'state', 'epochs', `valid ${metric}`],
    ...MAIN_FIGURES.map(({ short }) => short),
    ...['seconds', 'run', 'reason'],
  ];
  const rows = results.map(({ trial: { id, setting, seed }, state, epochs, best, result, run }) => [
    ...[id, ...fields.map((field) => setting[field]!), seed, state.state, epochs, best ?? ''],
    ...MAIN_FIGURES.map(({ read }) => (result && read(result.test)) ?? ''),
    ...[result?.seconds ?? '', run, state.reason ?? ''],
  ]);
  return csvText([head, ...rows]);
}
