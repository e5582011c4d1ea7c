import { existsSync } from 'node:fs';
import type { Split } from '@mmolre/datasets';
import { readJson } from '@mmolre/files';
import type { SimpleRow } from '@mmolre/report';
import { isFinished } from './open-run';
import type { TestScores } from './part-scores';
import { runFile } from './run-layout';
import type { TrainResult } from './train';

/** The content of `finished.json`. */
export type Finished = TrainResult & {
  seconds: number;
  /** Numbers that the model holds, all tensors. */ parameters: number;
  /** The median step's, data and optimizer included. */ stepSeconds: number | undefined;
};

/** The content of `test.json`: a split's scores. */
export type TestResult = {
  split: Split;
  test: TestScores;
  /** Of simple models on the same samples; undefined of runs that have none. */ simple: SimpleRow[] | undefined;
};

/** What was trained, and its test. */
export type RunResult = Finished & TestResult;

/** undefined before both are there. */
export async function readResult(run: string): Promise<RunResult | undefined> {
  if (!isFinished(run) || !existsSync(runFile(run, 'test'))) return undefined;
  const finished = (await readJson(runFile(run, 'finished'))) as Finished;
  const { split, simple, ...test } = (await readJson(runFile(run, 'test'))) as Omit<TestResult, 'test'> & TestScores;
  return { ...finished, split, test, simple };
}
