import { type Block, counted } from './document';

/** Work with the experts that a sample selects, at most, and with all of them. */
type MultiplyAdds = { selected: number; all: number };
export type Sums = { parameters: number; multiplyAdds: MultiplyAdds };
export type PartCost = Sums & { name: string };

export type CostFacts = {
  /** What one sample has: tokens, seconds, and frames that the audio encoder gives for them. */
  input: { tokens: number; seconds: number; frames: number };
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

/** The whole model, one block, and both beside the standard mixture of experts. */
export function costReport({ input, topK, numExperts, model, block, standardMoe }: CostFacts): Block[] {
  const cells = (name: string, { parameters, multiplyAdds }: Sums) => [
    name,
    ...[parameters, multiplyAdds.selected, multiplyAdds.all].map(counted),
  ];
  const columns = ['parameters', `multiply-adds, ${topK} of ${numExperts} experts`, 'all experts'];
  const table = (
    title: string,
    partOf: (name: string) => string,
    whole: CostFacts['model'],
    standard?: Sums,
  ): Block => ({
    table: {
      head: [title, ...columns],
      rows: [
        ...grouped(whole.components, partOf).map((part) => cells(part.name, part)),
        cells('total', whole),
        ...(standard ? [cells('total with full-rank experts', standard)] : []),
      ],
    },
  });
  return [
    {
      text: `One sample of ${input.tokens} tokens and ${input.seconds} s of audio (${input.frames} frames), without padding.\n`,
    },
    table('model', modelPart, model, standardMoe?.model),
    ...(block && standardMoe
      ? [
          table('first UniTSE block, audio', blockPart, block, standardMoe.block),
          {
            text:
              `\nFull-rank experts make ${standardMoe.ratios.blockParameters.toFixed(2)} times the parameters of a block, and ` +
              `${standardMoe.ratios.multiplyAdds.toFixed(2)} times its multiply-adds per frame\nand task with all experts active.`,
          },
        ]
      : []),
    {
      text:
        'Multiply-adds are those of matrix products and convolutions. With one input for all tasks, the first convolution of\n' +
        'an expert counts once. Of selected experts, the most that a sample can cost is counted.',
    },
  ];
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
