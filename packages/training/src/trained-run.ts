import { existsSync, realpathSync } from 'node:fs';
import { type Model, withParams } from '@mmolre/model';
import { packWeights } from '@mmolre/nn';
import { type Answer, answersOf, type Utterance } from './answers';
import { loadModel, type OpenOptions } from './checkpoint';
import { checkpointFolder, newestCheckpoint } from './checkpoints';
import { type Explanation, explanationsOf } from './explanations';
import type { RunConfig } from './run-config';
import { type Baselines, readBaselines, readThresholds } from './run-facts';
import { checkpointFile, runFile } from './run-layout';

/** A run that was trained: all that is needed to use it. */
export type TrainedRun = {
  /** Its folder, where a link such as `runs/latest` leads. */ run: string;
  /** That of the checkpoint with the best model. */ folder: string;
  config: RunConfig;
  model: Model;
  /** One an emotion; undefined where emotions are not predicted. */ thresholds: number[] | undefined;
  /** Always the training median for sentiment. */
  baselines: Baselines;
  /** What it says of an utterance, or of many. @throws If one has neither text nor audio. */
  predict: { (utterance: Utterance): Answer; (utterances: readonly Utterance[]): Answer[] };
  /** The same with what each modality alone would say, and which experts answered; of as many as go through the model at once. */
  explain: (utterances: readonly Utterance[]) => Explanation[];
};

/**
 * Reads the best model of a run, whose files are held against their hashes, or a folder with a model alone, such as one of pruned experts.
 * Free its weights by `disposeParams(model.params)`.
 *
 * @param options `log` is told of a damaged checkpoint; the one before is used. `isPacked`: for answers alone, which come sooner; its weights can then
 *   be neither saved nor trained further (`packWeights` of `@mmolre/nn`).
 * @throws One line: which file is missing, cut short, or does not fit the others.
 */
export async function loadTrainedRun(
  folder: string,
  { isPacked = false, ...options }: OpenOptions & { isPacked?: boolean } = {},
): Promise<TrainedRun> {
  const run = existsSync(folder) ? realpathSync(folder) : folder;
  const best = await bestFolder(run, options.log ?? (() => {}));
  const { model: loaded, config } = await loadModel(best, options);
  const model = isPacked ? withParams(loaded, packWeights(loaded.params)) : loaded;
  const thresholds = config.model.tasks.includes('emotion')
    ? await readThresholds(checkpointFile(best, 'thresholds'))
    : undefined;
  const answering = { model, config, thresholds };
  const answers = (utterances: readonly Utterance[]) => answersOf(answering, utterances);
  return {
    run,
    folder: best,
    config,
    model,
    thresholds,
    baselines: await readBaselines(checkpointFile(best, 'baselines')),
    predict: ((asked: Utterance | readonly Utterance[]) =>
      Array.isArray(asked) ? answers(asked) : answers([asked as Utterance])[0]!) as TrainedRun['predict'],
    explain: (utterances) => explanationsOf(answering, utterances),
  };
}

async function bestFolder(run: string, log: (line: string) => void): Promise<string> {
  if (!existsSync(runFile(run, 'record'))) return run;
  const newest = await newestCheckpoint(run, { log });
  if (!newest?.state.best)
    throw new Error(
      `${run}: no epoch of it has ended yet, so it has no model; the command that began it goes on with it`,
    );
  return checkpointFolder(run, newest.state.best.checkpoint);
}
