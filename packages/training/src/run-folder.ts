import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { NUM_EMOTIONS, type Split } from '@mmolre/datasets';
import { readJson, sha256Of, writeFileSafely } from '@mmolre/files';
import { majorityBaseline, medianBaseline } from '@mmolre/metrics';
import type { Evaluation, Example } from '@mmolre/model';
import { saveModel } from './checkpoint';
import type { RunConfig } from './run-config';
import { madeByTraining, runFile } from './run-layout';
import type { BestModel, TrainResult } from './train';

/** What one run makes, in its folder (`run-layout.ts`). */
export type RunFolder = {
  path: string;
  /** Whether this very configuration was trained to its end here. */ isFinished(): Promise<boolean>;
  /** Clears what an earlier run left, and keeps what always-the-same predictions of these labels would be, and files by their names. */
  start(train: readonly Example[], files?: Record<string, string>): Promise<void>;
  log(event: object): void;
  saveBest(best: Omit<BestModel, 'epoch'>): Promise<void>;
  finish(result: Finished): Promise<void>;
  saveTest(split: Split, test: Evaluation): Promise<void>;
  /** What was trained, and its test; undefined before both are there, or of another configuration. */
  result(): Promise<RunResult | undefined>;
};

export type Finished = TrainResult & {
  seconds: number;
  /** Numbers that the model holds, all tensors. */ parameters: number;
  /** The median step's, data and optimizer included. */ stepSeconds: number | undefined;
};
export type RunResult = Finished & { /** What was scored. */ split: Split; test: Evaluation };

export function openRunFolder(path: string, config: RunConfig): RunFolder {
  const file = (what: Parameters<typeof runFile>[1]) => runFile(path, what);
  const fingerprint = sha256Of([JSON.stringify(config)]);
  const readFinished = async () => {
    if (!existsSync(file('finished')) || !existsSync(file('weights'))) return undefined;
    const { fingerprint: trained, ...finished } = (await readJson(file('finished'))) as Finished & {
      fingerprint: string;
    };
    return trained === fingerprint ? finished : undefined;
  };
  return {
    path,
    isFinished: async () => (await readFinished()) !== undefined,
    async start(train, files = {}) {
      mkdirSync(path, { recursive: true });
      for (const made of madeByTraining(path)) rmSync(made, { recursive: true, force: true });
      writeFileSync(file('log'), '');
      const baselines = {
        sentiment: medianBaseline(train.flatMap(({ sentiment }) => sentiment ?? [])),
        emotions: majorityBaseline(
          train.flatMap(({ emotions }) => (emotions ? [emotions] : [])),
          NUM_EMOTIONS,
        ),
      };
      await writeFileSafely(file('baselines'), `${JSON.stringify(baselines)}\n`);
      for (const [name, content] of Object.entries(files)) await writeFileSafely(join(path, name), content);
      pointLatest(path);
    },
    log: (event) => appendFileSync(file('log'), `${JSON.stringify(event)}\n`),
    async saveBest({ thresholds, config: trained, ...model }) {
      if (thresholds) await writeFileSafely(file('thresholds'), `${JSON.stringify(thresholds)}\n`);
      await saveModel(path, model, trained);
    },
    finish: (result) => writeFileSafely(file('finished'), `${JSON.stringify({ fingerprint, ...result }, null, 2)}\n`),
    async saveTest(split, test) {
      await writeFileSafely(file('test'), `${JSON.stringify({ split, ...test })}\n`);
      pointLatest(path);
    },
    async result() {
      const finished = await readFinished();
      if (!finished || !existsSync(file('test'))) return undefined;
      const { split, ...test } = (await readJson(file('test'))) as { split: Split } & Evaluation;
      return { ...finished, split, test };
    },
  };
}

/** `runs/latest` points at the run that was started or tested last: the one to evaluate. */
function pointLatest(path: string): void {
  const beside = join(dirname(path), `.latest-${process.pid}`);
  symlinkSync(basename(path), beside);
  renameSync(beside, join(dirname(path), 'latest'));
}
