import type { UsageSummary } from '@mmolre/moe';
import { type Block, counted, shown } from './document';

/** Which shared experts a model uses, by modality, block and task. */
export type ExpertsFacts = {
  run: string;
  data: string;
  split: string;
  samples: number;
  usage: Record<string, Record<string, UsageSummary>[]>;
  /** What was taken away: the experts without weights by modality and block, and the model's parameters. */
  pruned?: {
    folder: string;
    experts: Record<string, number[][]>;
    parameters: { before: number; after: number };
  };
};

/** A row a block and task, a column an expert. */
export function expertsReport({ run, data, split, samples, usage, pruned }: ExpertsFacts): Block[] {
  const rows = Object.entries(usage).flatMap(([modality, blocks]) =>
    blocks.flatMap((block, i) =>
      Object.entries(block).map(([task, { experts, entropyOfMean, meanEntropy, misses }]) => [
        `${modality}, block ${i + 1}, ${task}`,
        ...experts.map(({ share, selected }) => (selected === 0 ? '-' : `${Math.round(100 * share)}`)),
        `${experts.filter(({ selected }) => selected > 0).length}`,
        shown(entropyOfMean, 2),
        shown(meanEntropy, 2),
        `${misses}`,
      ]),
    ),
  );
  const N = rows[0]!.length - 5;
  const numbers = Array.from({ length: N }, (_, n) => `${n}`);
  return [
    { text: `${samples} samples of the ${split} split of ${data}, run ${run}` },
    {
      text:
        'Percent of the samples that selected each shared expert (- none), how many experts are used, the entropy of the\n' +
        `mean gates (evenly over all: ${Math.log(N).toFixed(2)}), the mean entropy of the gates, and samples that selected a pruned expert.`,
    },
    { table: { head: ['expert', ...numbers, 'used', 'of mean', 'mean', 'misses'], rows } },
    ...(pruned ? [prunedBlock(pruned)] : []),
  ];
}

function prunedBlock({ folder, experts, parameters }: NonNullable<ExpertsFacts['pruned']>): Block {
  const lines = Object.entries(experts).flatMap(([modality, blocks]) =>
    blocks.map((gone, i) => `${modality}, block ${i + 1}: without experts ${gone.join(', ') || 'none'}`),
  );
  return { lines: [`${folder}: ${counted(parameters.after)} parameters of ${counted(parameters.before)}`, ...lines] };
}
