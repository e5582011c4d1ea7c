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
import { majorityBaseline, medianBaseline } from '@mmolre/metrics';
import { type Example, type Model, NUM_EMOTIONS, type RunConfig, saveModel, writeFileSafely } from '@mmolre/model';

/**
 * Where one run keeps what it makes: config.json, model.safetensors, thresholds.json, baselines.json, metrics.jsonl, and
 * finished.json at the end.
 */
export type RunFolder = {
  path: string;
  /** Whether this very configuration was trained to its end here. */ isFinished(): boolean;
  /** Clears what an earlier run left, and keeps what always-the-same predictions of these labels would be. */
  start(train: readonly Example[]): Promise<void>;
  log(event: object): void;
  saveBest(best: { params: Model['params']; thresholds: number[] }): Promise<void>;
  finish(result: object): Promise<void>;
};

export function openRunFolder(path: string, config: RunConfig): RunFolder {
  const file = (name: string) => join(path, name);
  const fingerprint = createHash('sha256').update(JSON.stringify(config)).digest('hex');
  return {
    path,
    isFinished() {
      if (!existsSync(file('finished.json')) || !existsSync(file('model.safetensors'))) return false;
      return JSON.parse(readFileSync(file('finished.json'), 'utf8')).fingerprint === fingerprint;
    },
    async start(train) {
      mkdirSync(path, { recursive: true });
      for (const name of ['finished.json', 'model.safetensors', 'thresholds.json', 'metrics.jsonl', 'evaluation']) {
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
      pointLatest(path);
    },
    log: (event) => appendFileSync(file('metrics.jsonl'), `${JSON.stringify(event)}\n`),
    async saveBest({ params, thresholds }) {
      await writeFileSafely(file('thresholds.json'), `${JSON.stringify(thresholds)}\n`);
      await saveModel(path, params, config);
    },
    finish: (result) =>
      writeFileSafely(file('finished.json'), `${JSON.stringify({ fingerprint, ...result }, null, 2)}\n`),
  };
}

/** `runs/latest` points at the newest run. */
function pointLatest(path: string): void {
  const beside = join(dirname(path), `.latest-${process.pid}`);
  symlinkSync(basename(path), beside);
  renameSync(beside, join(dirname(path), 'latest'));
}
