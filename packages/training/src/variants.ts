import { relative } from 'node:path';
import { hardwareLine } from '@mmolre/backend';
import { EVALUATION_WARNING } from '@mmolre/label-unification';
import type { Evaluation, VariantName } from '@mmolre/model';
import { spreadOf, type VariantRow, type VariantsFacts } from '@mmolre/report';
import { type Cell, type CellsOptions, cellConfig, cellTrainer } from './cells';
import type { RunResult } from './run-result';
import { nameOf } from './run-training';
import { scoresWarning } from './shortcomings';

export type VariantsOptions = CellsOptions & { variants: readonly VariantName[]; seeds: readonly number[] };

/**
 * Trains every variant with every seed, one run after another, and tells their test results. Runs that are already there are not trained
 * again, so that it can be stopped at any time and goes on.
 *
 * @returns The facts, or the exit code of a run that failed.
 */
export async function runVariants(options: VariantsOptions): Promise<VariantsFacts | number> {
  const { seeds, variants, root } = options;
  const found = new Map<VariantName, RunResult[]>(variants.map((variant) => [variant, []]));
  const train = cellTrainer(options);
  const cellOf = (variant: VariantName, seed: number): Cell => ({
    name: nameOf({ ...options, variant }),
    variant,
    seed,
    set: [],
  });
  for (const seed of seeds) {
    for (const variant of variants) {
      const result = await train(cellOf(variant, seed));
      if (typeof result === 'number') return result;
      found.get(variant)!.push(result);
    }
  }
  const { split } = [...found.values()][0]![0]!; // of one data set all
  const { data, training, labelsInEvaluation } = cellConfig(options, cellOf('mmolre', 1));
  const length = training.maxSteps ? `at most ${training.maxSteps} steps` : `${training.maxEpochs} epochs`;
  const settings = options.set.length > 0 ? ` with ${options.set.join(', ')}` : '';
  return {
    rows: [...found].map(([variant, results]) => variantRow(variant, seeds, results)),
    title: `preset ${options.preset}${settings} (${length}, ${training.batchSize} samples a step)`,
    split,
    data: relative(root, data),
    hardware: hardwareLine([]),
    simple: simpleOf([...found.values()].flat()),
    warning: scoresWarning(split, labelsInEvaluation ? EVALUATION_WARNING : undefined),
  };
}

/** What simple models score, of a run with as many tasks as there are: all are of the same samples. */
function simpleOf(results: readonly RunResult[]): RunResult['simple'] {
  const tasks = ({ test }: RunResult) => [test.sentiment, test.emotion].filter(Boolean).length;
  return results.toSorted((a, b) => tasks(b) - tasks(a)).find(({ simple }) => simple)?.simple;
}

function variantRow(variant: VariantName, seeds: readonly number[], results: readonly RunResult[]): VariantRow {
  const spread = (read: (test: Evaluation) => number | undefined) => spreadOf(results.map(({ test }) => read(test)));
  return {
    variant,
    seeds: [...seeds],
    recall: spread(({ emotion }) => emotion?.categoryRecall.mean),
    correlation: spread(({ sentiment }) => sentiment?.corr),
    mae: spread(({ sentiment }) => sentiment?.mae),
    parameters: results[0]!.parameters,
    stepSeconds: spreadOf(results.map(({ stepSeconds }) => stepSeconds)),
  };
}
