import { type Block, counted } from './document';
import { type SimpleRow, simpleBlock } from './simple';
import type { Spread } from './spread';

export type VariantRow = {
  variant: string;
  seeds: number[];
  /** Mean recall of the six categories. */ recall: Spread | undefined;
  correlation: Spread | undefined;
  mae: Spread | undefined;
  parameters: number;
  stepSeconds: Spread | undefined;
};

export type VariantsFacts = {
  rows: readonly VariantRow[];
  /** What was run, in words. */ title: string;
  split: string;
  data: string;
  hardware: string;
  /** Simple models on the same samples; undefined where the runs have none. */ simple:
    | readonly SimpleRow[]
    | undefined;
  warning?: string | undefined;
};

/** A table of variants over seeds, with what it was made by. */
export function variantsReport({ rows, title, split, data, hardware, simple, warning }: VariantsFacts): Block[] {
  const show = (spread: Spread | undefined) => {
    if (!spread) return 'none';
    return spread.mean.toFixed(3) + (spread.deviation === undefined ? '' : ` ± ${spread.deviation.toFixed(3)}`);
  };
  const cells = rows.map(({ variant, recall, correlation, mae, parameters, stepSeconds }) => [
    `\`${variant}\``,
    ...[recall, correlation, mae].map(show),
    counted(parameters),
    show(stepSeconds),
  ]);
  const head = ['variant', 'emotion recall', 'sentiment correlation', 'mean absolute error', 'parameters', 's a step'];
  return [
    { heading: 'Variants of the model' },
    {
      text:
        `${split === 'test' ? 'Test' : 'Validation'} split of ${data}, ${title}. Mean and deviation over the seeds ` +
        `${rows[0]?.seeds.join(', ') ?? ''}; chance is 0.167 for the recall. A step's\n` +
        'time is the median of a run and holds the making of its batch. Made by `pnpm --filter trainer start variants`, one run after another.',
    },
    { text: hardware },
    ...(warning ? [{ warning }] : []),
    { table: { head, rows: cells } },
    simpleBlock(simple),
  ];
}
