import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createAudioCache } from '@mmolre/audio';
import { readDataset, type Split, samplesOf, withRecordings } from '@mmolre/datasets';
import {
  blockOptions,
  type Example,
  hide,
  MODALITIES,
  type Modality,
  type Model,
  makeBatch,
  mmolre,
  type RunConfig,
} from '@mmolre/model';
import { addUsage, pruneExperts, readGates, summariseUsage, type Usage, type UsageSummary } from '@mmolre/moe';
import { countParams, disposeParams, evaluating } from '@mmolre/nn';
import { textTable } from '@mmolre/trainer';
import * as tf from '@tensorflow/tfjs';
import { loadRun, saveModel } from './checkpoint';

export type ExpertsOptions = {
  /** Folder of a trained run. */ run: string;
  /** Folder with label.csv; the run's own if left out. */ data?: string;
  split: Split;
  /** Folder for the run without the experts that these samples do not use. */ prune?: string;
  onProgress: (done: number, total: number) => void;
};

/** What `pruneRun` did: the experts without weights by modality and block, and the model's parameters. */
export type PrunedRun = {
  folder: string;
  experts: Record<Modality, number[][]>;
  parameters: { before: number; after: number };
};

export type ExpertsReport = {
  run: string;
  data: string;
  split: Split;
  samples: number;
  /** By modality, block and task. */ usage: Record<Modality, Record<string, UsageSummary>[]>;
  pruned?: PrunedRun;
};

/** Which shared experts a trained run uses for the samples of a split; and if asked, the run without the others. */
export async function expertsReport(options: ExpertsOptions): Promise<ExpertsReport> {
  const { data, split, prune, onProgress } = options;
  const { run, model, config } = await loadRun(options.run);
  if (config.model.unitse.numBlocks === 0)
    throw new Error(`${run}: expected a run with UniTSE, found one without experts`);
  const folder = data ?? config.data;
  const samples = samplesOf(await readDataset(folder), split);
  const examples: Example[] = await withRecordings(samples, createAudioCache());
  const usage = usageOf(model, examples, config.training.ablate, onProgress);
  const pruned = prune === undefined ? undefined : await pruneRun(run, prune, { model, config }, usage);
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
  const size = ({ text, audio }: Example) => text.length + (audio?.length ?? 0);
  const sorted = [...examples].sort((a, b) => size(a) - size(b)); // samples of similar length share a batch
  for (let start = 0; start < sorted.length; start += BATCH) {
    tf.tidy(() => {
      const { input } = makeBatch(model.encoders, sorted.slice(start, start + BATCH));
      const present = hide(input.present, ablate);
      const { blocks } = mmolre(model.params, model.encoders, { ...input, present }, model.config, evaluating);
      for (const modality of MODALITIES) {
        const ranks = blockOptions(model.config.unitse, modality).map((block) => block.ranks);
        usage[modality] = addUsage(usage[modality], readGates(blocks[modality]), ranks);
      }
    });
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
  run: string,
  folder: string,
  { model, config }: { model: Model; config: RunConfig },
  usage: Record<Modality, Usage>,
): Promise<PrunedRun> {
  if (existsSync(join(folder, 'config.json')))
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
  for (const name of ['thresholds.json', 'baselines.json']) {
    if (existsSync(join(run, name))) copyFileSync(join(run, name), join(folder, name));
  }
  const parameters = { before: countParams(model.params), after: countParams(params) };
  disposeParams(params.unitse);
  return { folder, experts, parameters };
}

/** The report for a terminal: a row a block and task, a column an expert. */
export function expertsTable({ run, data, split, samples, usage, pruned }: ExpertsReport): string {
  const rows = MODALITIES.flatMap((modality) =>
    usage[modality].flatMap((block, i) =>
      Object.entries(block).map(([task, { experts, entropyOfMean, meanEntropy, misses }]) => [
        `${modality}, block ${i + 1}, ${task}`,
        ...experts.map(({ share, selected }) => (selected === 0 ? '-' : `${Math.round(100 * share)}`)),
        `${experts.filter(({ selected }) => selected > 0).length}`,
        entropyOfMean.toFixed(2),
        meanEntropy.toFixed(2),
        `${misses}`,
      ]),
    ),
  );
  const N = rows[0]!.length - 5;
  const numbers = Array.from({ length: N }, (_, n) => `${n}`);
  return [
    `${samples} samples of the ${split} split of ${data}, run ${run}`,
    'Percent of the samples that selected each shared expert (- none), how many experts are used, the entropy of the',
    `mean gates (evenly over all: ${Math.log(N).toFixed(2)}), the mean entropy of the gates, and samples that selected a pruned expert.\n`,
    textTable(['expert', ...numbers, 'used', 'of mean', 'mean', 'misses'], rows),
    ...(pruned ? [prunedLines(pruned)] : []),
  ].join('\n');
}

function prunedLines({ folder, experts, parameters }: PrunedRun): string {
  const [before, after] = [parameters.before, parameters.after].map((count) => count.toLocaleString('en-US'));
  const lines = MODALITIES.flatMap((modality) =>
    experts[modality].map((gone, i) => `${modality}, block ${i + 1}: without experts ${gone.join(', ') || 'none'}`),
  );
  return `${folder}: ${after} parameters of ${before}\n${lines.join('\n')}\n`;
}
