import { existsSync, realpathSync } from 'node:fs';
import { readJson } from '@mmolre/files';
import type { Model } from '@mmolre/model';
import { loadModel, type OpenOptions } from './checkpoint';
import type { RunConfig } from './run-config';
import { runFile } from './run-layout';

/** A run that was trained: all that is needed to use it. */
export type TrainedRun = {
  /** Its folder, where a link such as `runs/latest` leads. */ run: string;
  config: RunConfig;
  model: Model;
  /** One an emotion; undefined where emotions are not predicted. */ thresholds: number[] | undefined;
  /** Always the training median for sentiment, always the training majority for emotion. */
  baselines: { sentiment: number; emotions: number[] };
};

/**
 * Reads a run. Free its weights by `disposeParams(model.params)`.
 *
 * @throws One line: which file is missing, cut short, or does not fit the others.
 */
export async function loadTrainedRun(folder: string, options: OpenOptions = {}): Promise<TrainedRun> {
  const run = existsSync(folder) ? realpathSync(folder) : folder;
  const { model, config } = await loadModel(run, options);
  const read = (what: 'thresholds' | 'baselines') => readJson(runFile(run, what), 'the folder of a trained run');
  return {
    run,
    config,
    model,
    thresholds: config.model.tasks.includes('emotion') ? ((await read('thresholds')) as number[]) : undefined,
    baselines: (await read('baselines')) as TrainedRun['baselines'],
  };
}
