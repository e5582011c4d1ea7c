import { whyNoBf16 } from '@mmolre/backend';
import type { Precision } from '@mmolre/nn';
import type { Benchmark, Case } from './src/benchmark';
import type { Length } from './src/drawn-lengths';
import { optimizing, stepSide } from './src/training-step';
import { drawBatch, equalLengths, mosiLengths } from './src/whole-batch';
import { paper, pythonSizes, type WholeModel } from './src/whole-model';

const B = 8;
const MAX_SAMPLES = 96_000;

/** What PyTorch pads every batch to; null, its longest. */
type Padding = { num_tokens: number | null; num_samples: number | null };

const toLongest: Padding = { num_tokens: null, num_samples: null };
const toLimits: Padding = { num_tokens: 96, num_samples: MAX_SAMPLES };

/** A case of the whole model, or of one like it. */
export const stepCase = (
  name: string,
  lengths: readonly Length[],
  padding: Padding,
  {
    whole = paper,
    cached = false,
    precision = 'float32',
    autocast = false,
  }: { whole?: WholeModel; cached?: boolean; precision?: Precision; autocast?: boolean } = {},
): Case => ({
  name,
  fresh: true,
  tolerance: 1e-3,
  data: () => drawBatch(lengths, { vocabSize: whole.text.vocab_size as number | undefined }),
  ours: stepSide(whole, { cached, precision }),
  theirs: {
    python: 'step',
    settings: { ...optimizing, autocast, max_samples: MAX_SAMPLES, ...padding, ...pythonSizes(whole) },
  },
});

/** Where the processor has bfloat16. */
const inBf16 = (): Case[] =>
  whyNoBf16({ name: 'native', device: 'CPU' })
    ? []
    : [
        stepCase('equal, bf16 / torch autocast', equalLengths(B), toLongest, { precision: 'bf16', autocast: true }),
        stepCase('equal, bf16 / torch float32', equalLengths(B), toLongest, { precision: 'bf16' }),
      ];

export const step: Benchmark = {
  title: `One training step of the paper's model, batch ${B}, dropout on`,
  cases: [
    stepCase('equal / torch: 6 s and 96 tokens each', equalLengths(B), toLongest),
    stepCase('lengths / torch: as in MOSI, padded to the longest', mosiLengths(B), toLongest),
    stepCase('fixed / torch: as in MOSI, torch padding to 6 s and 96 tokens', mosiLengths(B), toLimits, {
      cached: true,
    }),
    ...inBf16(),
  ],
};
