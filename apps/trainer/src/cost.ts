import {
  type CostInput,
  inputLengths,
  longestInput,
  type ModelConfig,
  modelCost,
  type PresetName,
  type VariantName,
} from '@mmolre/model';
import { fullRank, standardMoeRatios, taskMoeCost } from '@mmolre/moe';
import type { EncoderChoices } from '@mmolre/training';
import { resolveConfig } from '@mmolre/training';
import { textTable } from './text-table';

/** Work with the experts that a sample selects, at most, and with all of them. */
type MultiplyAdds = { selected: number; all: number };
type Sums = { parameters: number; multiplyAdds: MultiplyAdds };
export type PartCost = Sums & { name: string };

export type CostReport = {
  /** What one sample has: tokens, seconds, and frames that the audio encoder gives for them. */
  input: CostInput & { frames: number };
  topK: number;
  numExperts: number;
  model: Sums & { components: PartCost[] };
  /** The first UniTSE block of the audio; none without UniTSE. */
  block?: Sums & { components: PartCost[] };
  /** Both with full-rank experts, and how many times more that is. */
  standardMoe?: {
    model: Sums;
    block: Sums;
    ratios: {
      blockParameters: number;
      /** Per frame and task, all experts active, every task by itself, as the paper counts. */ multiplyAdds: number;
      modelParameters: number;
    };
  };
};

/** What a configuration holds and what it does for one sample, beside the standard mixture of experts. */
export function costReport(config: ModelConfig, input: Partial<CostInput> = {}): CostReport {
  const asked = { ...longestInput(config), ...input };
  const lengths = inputLengths(config, asked);
  const taskMoe = { ...config.unitse, dModel: config.dModel, tasks: config.tasks };
  const { ranks, taskRank } = fullRank(taskMoe);
  const standard: ModelConfig = { ...config, unitse: { ...config.unitse, ranks: [...ranks], taskRank } };

  const whole = (of: ModelConfig) => both((active) => modelCost(of, asked, active));
  const block = (of: typeof taskMoe) =>
    both((active) => taskMoeCost(of, lengths.audio, { active, isLast: config.unitse.numBlocks === 1 }));
  const model = whole(config);
  const found = {
    input: { tokens: lengths.text, seconds: Math.min(asked.seconds, config.audio.maxSeconds), frames: lengths.audio },
    topK: config.unitse.topK,
    numExperts: ranks.length,
    model,
  };
  if (config.unitse.numBlocks === 0) return found;
  const standardModel = whole(standard);
  const ratios = standardMoeRatios(taskMoe, lengths.audio);
  return {
    ...found,
    block: block(taskMoe),
    standardMoe: {
      model: sums(standardModel),
      block: sums(block(fullRank(taskMoe))),
      ratios: {
        blockParameters: ratios.parameters,
        multiplyAdds: ratios.multiplyAdds,
        modelParameters: standardModel.parameters / model.parameters,
      },
    },
  };
}

type Counted = {
  parameters: number;
  multiplyAdds: number;
  components: { name: string; parameters: number; multiplyAdds: number }[];
};

function both(count: (active: 'selected' | 'all') => Counted): CostReport['model'] {
  const [selected, all] = [count('selected'), count('all')];
  return {
    parameters: all.parameters,
    multiplyAdds: { selected: selected.multiplyAdds, all: all.multiplyAdds },
    components: all.components.map(({ name, parameters, multiplyAdds }, i) => ({
      name,
      parameters,
      multiplyAdds: { selected: selected.components[i]!.multiplyAdds, all: multiplyAdds },
    })),
  };
}

const sums = ({ parameters, multiplyAdds }: CostReport['model']): Sums => ({ parameters, multiplyAdds });

/** The report for a terminal: the whole model, one block, and both beside the standard mixture of experts. */
export function costTables({ input, topK, numExperts, model, block, standardMoe }: CostReport): string {
  const cells = (name: string, { parameters, multiplyAdds }: Sums) => [
    name,
    ...[parameters, multiplyAdds.selected, multiplyAdds.all].map((value) => value.toLocaleString('en-US')),
  ];
  const columns = ['parameters', `multiply-adds, ${topK} of ${numExperts} experts`, 'all experts'];
  const table = (title: string, partOf: (name: string) => string, whole: CostReport['model'], standard?: Sums) =>
    textTable(
      [title, ...columns],
      [
        ...grouped(whole.components, partOf).map((part) => cells(part.name, part)),
        cells('total', whole),
        ...(standard ? [cells('total with full-rank experts', standard)] : []),
      ],
    );
  return [
    `One sample of ${input.tokens} tokens and ${input.seconds} s of audio (${input.frames} frames), without padding.\n`,
    table('model', modelPart, model, standardMoe?.model),
    ...(block && standardMoe
      ? [
          table('first UniTSE block, audio', blockPart, block, standardMoe.block),
          `Full-rank experts make ${standardMoe.ratios.blockParameters.toFixed(2)} times the parameters of a block, and ` +
            `${standardMoe.ratios.multiplyAdds.toFixed(2)} times its multiply-adds per frame`,
          'and task with all experts active.',
        ]
      : []),
    'Multiply-adds are those of matrix products and convolutions. With one input for all tasks, the first convolution of',
    'an expert counts once. Of selected experts, the most that a sample can cost is counted.\n',
  ].join('\n');
}

/** The components of one part added up, parts in the order in which they first come. */
function grouped(components: readonly PartCost[], partOf: (name: string) => string): PartCost[] {
  const parts = new Map<string, PartCost>();
  for (const { name, parameters, multiplyAdds } of components) {
    const part = partOf(name);
    const sum = parts.get(part) ?? { name: part, parameters: 0, multiplyAdds: { selected: 0, all: 0 } };
    sum.parameters += parameters;
    sum.multiplyAdds.selected += multiplyAdds.selected;
    sum.multiplyAdds.all += multiplyAdds.all;
    parts.set(part, sum);
  }
  return [...parts.values()];
}

function modelPart(path: string): string {
  const [part, which] = path.split('.');
  if (part === 'text' || part === 'audio') return `${part} encoder`;
  if (part === 'unitse') return `UniTSE, ${which}`;
  if (part === 'fusion') return `fusion, ${which}`;
  return part === 'auxiliary' ? 'auxiliary heads' : 'heads';
}

function blockPart(path: string): string {
  if (path === 'shared') return 'shared experts';
  if (path.startsWith('stream.')) return 'router of the shared experts';
  return { expert: "the tasks' own experts", router: 'routers', norm: 'layer norms' }[path.split('.').at(-1)!] ?? path;
}

export type CostOptions = EncoderChoices & {
  preset: PresetName;
  variant?: VariantName;
  config?: string;
  set: string[];
  json?: boolean;
  userPath?: (path: string) => string;
} & Partial<CostInput>;

/** The `cost` command: what would be trained, counted. */
export function runCost({ config, json, tokens, seconds, ...sources }: CostOptions): string {
  const { model } = resolveConfig({ ...sources, file: config });
  const report = costReport(model, { ...(tokens && { tokens }), ...(seconds && { seconds }) });
  return json ? `${JSON.stringify(report)}\n` : costTables(report);
}
