import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Split } from '@mmolre/datasets';
import { writeFileSafely } from '@mmolre/files';
import { majorityBaseline, medianBaseline } from '@mmolre/metrics';
import { type Evaluation, type Example, NUM_EMOTIONS, type RunConfig } from '@mmolre/model';
import { saveModel } from './checkpoint';
import type { BestModel, TrainResult } from './train';

/**
 * Where one run keeps what it makes: config.json, model.safetensors, thresholds.json (if it predicts emotions), baselines.json,
 * metrics.jsonl, finished.json at the end, and test.json once it is tested; unified.csv, the labels that it was trained on where they are
 * not the data's own, and unified.html, if they were made with it; in text and audio, what a pretrained encoder needs beside its weights.
 */
export type RunFolder = {
  path: string;
  /** Whether this very configuration was trained to its end here. */ isFinished(): boolean;
  /** Clears what an earlier run left, and keeps what always-the-same predictions of these labels would be, and files by their names. */
  start(train: readonly Example[], files?: Record<string, string>): Promise<void>;
  log(event: object): void;
  saveBest(best: Omit<BestModel, 'epoch'>): Promise<void>;
  finish(result: Finished): Promise<void>;
  saveTest(split: Split, test: Evaluation): Promise<void>;
  /** What was trained, and its test; undefined before both are there, or of another configuration. */
  result(): RunResult | undefined;
};

export type Finished = TrainResult & {
  seconds: number;
  /** Numbers that the model holds, all tensors. */ parameters: number;
  /** The median step's, data and optimizer included. */ stepSeconds: number | undefined;
};
export type RunResult = Finished & { /** What was scored. */ split: Split; test: Evaluation };

export function openRunFolder(path: string, config: RunConfig): RunFolder {
  const file = (name: string) => join(path, name);
  const read = (name: string) => JSON.parse(readFileSync(file(name), 'utf8'));
  const fingerprint = createHash('sha256').update(JSON.stringify(config)).digest('hex');
  const isFinished = () => {
    if (!existsSync(file('finished.json')) || !existsSync(file('model.safetensors'))) return false;
    return read('finished.json').fingerprint === fingerprint;
  };
  return {
    path,
    isFinished,
    async start(train, files = {}) {
      mkdirSync(path, { recursive: true });
      const made = [
        'finished.json',
        'test.json',
        'model.safetensors',
        'thresholds.json',
        'metrics.jsonl',
        'unified.csv',
        'unified.html',
        'evaluation',
        'text',
        'audio',
      ];
      for (const name of made) {
        rmSync(file(name), { recursive: true, force: true });
      }
      writeFileSync(file('metrics.jsonl'), '');
      const baselines = {
        sentiment: medianBaseline(train.flatMap(({ sentiment }) => sentiment ?? [])),
        emotions: majorityBaseline(
          train.flatMap(({ emotions }) => (emotions ? [emotions] : [])),
          NUM_EMOTIONS,
        ),
      };
      await writeFileSafely(file('baselines.json'), `${JSON.stringify(baselines)}\n`);
      for (const [name, content] of Object.entries(files)) await writeFileSafely(file(name), content);
      pointLatest(path);
    },
    log: (event) => appendFileSync(file('metrics.jsonl'), `${JSON.stringify(event)}\n`),
    async saveBest({ thresholds, config: trained, ...model }) {
      if (thresholds) await writeFileSafely(file('thresholds.json'), `${JSON.stringify(thresholds)}\n`);
      await saveModel(path, model, trained);
    },
    finish: (result) =>
      writeFileSafely(file('finished.json'), `${JSON.stringify({ fingerprint, ...result }, null, 2)}\n`),
    async saveTest(split, test) {
      await writeFileSafely(file('test.json'), `${JSON.stringify({ split, ...test })}\n`);
      pointLatest(path);
    },
    result() {
      if (!isFinished() || !existsSync(file('test.json'))) return undefined;
      const { fingerprint: _, ...finished } = read('finished.json');
      const { split, ...test } = read('test.json');
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
