import { copyFileSync, existsSync } from 'node:fs';
import { type ReadOptions, type Split, samplesOf } from '@mmolre/datasets';
import { blockOptions, type Example, lengthOf, MODALITIES, type Modality, type Model } from '@mmolre/model';
import { addUsage, pruneExperts, summariseUsage, type Usage } from '@mmolre/moe';
import { countParams, disposeParams } from '@mmolre/nn';
import type { ExpertsFacts } from '@mmolre/report';
import { batchGates } from './batch-gates';
import { saveModel } from './checkpoint';
import { decoded } from './decoded';
import { readForRun } from './folds';
import { readOptions } from './run-config';
import { checkpointFile, runFile } from './run-layout';
import { loadTrainedRun, type TrainedRun } from './trained-run';

export type ExpertsOptions = ReadOptions & {
  /** Folder of a trained run. */ run: string;
  /** Folder with label.csv; the run's own if left out. */ data?: string;
  split: Split;
  /** Folder for the run without the experts that these samples do not use. */ prune?: string;
  onProgress: (done: number, total: number) => void;
  /** Takes a line about what could not be read. */ log: (line: string) => void;
};

/** What `pruneRun` did: the experts without weights by modality and block, and the model's parameters. */
export type PrunedRun = NonNullable<ExpertsFacts['pruned']> & { experts: Record<Modality, number[][]> };

/** Which shared experts a trained run uses for the samples of a split; and if asked, the run without the others. */
export async function expertsFacts(options: ExpertsOptions): Promise<ExpertsFacts> {
  const { data, split, prune, onProgress, log } = options;
  const trained = await loadTrainedRun(options.run);
  const { run, model, config } = trained;
  if (config.model.unitse.numBlocks === 0)
    throw new Error(`${run}: expected a run with UniTSE, found one without experts`);
  const folder = data ?? config.data;
  const reading = readOptions(config, options);
  const dataset = await readForRun(folder, config, reading);
  const samples = samplesOf(dataset, split);
  const examples: Example[] = await decoded(dataset, samples, reading, log);
  const usage = usageOf(model, examples, config.training.ablate, onProgress);
  const pruned = prune === undefined ? undefined : await pruneRun(trained, prune, usage);
  disposeParams(model.params);
  const summary = { text: summariseUsage(usage.text), audio: summariseUsage(usage.audio) };
  return { run, data: folder, split, samples: examples.length, usage: summary, ...(pruned && { pruned }) };
}

/** What each block of both modalities takes of its experts, over all examples. */
export function usageOf(
  model: Model,
  examples: readonly Example[],
  ablate: Modality | 'none',
  onProgress: (done: number, total: number) => void = () => {},
): Record<Modality, Usage> {
  const usage: Record<Modality, Usage> = { text: [], audio: [] };
  const sorted = [...examples].sort((a, b) => lengthOf(a) - lengthOf(b)); // samples of similar length share a batch
  for (let start = 0; start < sorted.length; start += BATCH) {
    const gates = batchGates(model, sorted.slice(start, start + BATCH), ablate);
    for (const modality of MODALITIES) {
      const ranks = blockOptions(model.config.unitse, modality).map((block) => block.ranks);
      usage[modality] = addUsage(usage[modality], gates[modality], ranks);
    }
    onProgress(Math.min(start + BATCH, sorted.length), sorted.length);
  }
  return usage;
}

const BATCH = 64;

/**
 * Writes a run like the given one, without the weights of the experts that `usage` says no sample selected.
 *
 * @throws If the folder already holds a run.
 */
export async function pruneRun(
  { run, folder: from, model, config }: Pick<TrainedRun, 'run' | 'folder' | 'model' | 'config'>,
  folder: string,
  usage: Record<Modality, Usage>,
): Promise<PrunedRun> {
  if (existsSync(checkpointFile(folder, 'config')) || existsSync(runFile(folder, 'record')))
    throw new Error(`--prune ${folder}: expected a new folder, found a run in it`);
  const prune = (modality: Modality) =>
    blockOptions(config.model.unitse, modality).map((options, i) =>
      pruneExperts(model.params.unitse[modality][i]!, options, usage[modality][i]!),
    );
  const blocks = { text: prune('text'), audio: prune('audio') };
  const gone = (modality: Modality) =>
    blocks[modality].map(({ options: { ranks } }) => ranks.flatMap((rank, n) => (rank === 0 ? [n] : [])));
  const experts = { text: gone('text'), audio: gone('audio') };

  const params = {
    ...model.params,
    unitse: { text: blocks.text.map((block) => block.params), audio: blocks.audio.map((block) => block.params) },
  };
  const unitse = { ...config.model.unitse, pruned: experts };
  await saveModel(folder, { ...model, params }, { ...config, model: { ...config.model, unitse } });
  const copied = [
    ...(['thresholds', 'baselines'] as const).map((what) => [checkpointFile(from, what), checkpointFile(folder, what)]),
    ...(['labels', 'labelsReport'] as const).map((what) => [runFile(run, what), runFile(folder, what)]),
  ];
  for (const [source, target] of copied) if (existsSync(source!)) copyFileSync(source!, target!);
  const parameters = { before: countParams(model.params), after: countParams(params) };
  disposeParams(params.unitse);
  return { folder, experts, parameters };
}
