import { relative, resolve } from 'node:path';
import { hardwareLine } from '@mmolre/backend';
import { datasetHash, readDataset } from '@mmolre/datasets';
import { EVALUATION_WARNING } from '@mmolre/label-unification';
import type { Evaluation, VariantName } from '@mmolre/model';
import { spreadOf, type VariantRow, type VariantsFacts } from '@mmolre/report';
import type { EncoderChoices } from './encoder-option';
import { checkRun } from './open-run';
import type { PresetName } from './presets';
import { resolveConfig } from './resolve-config';
import { type RunConfig, readOptions } from './run-config';
import { type RunResult, readResult } from './run-result';
import { nameOf, pathOf } from './run-training';
import { scoresWarning } from './shortcomings';
import { identityConfig } from './train-run';
import { withLabels } from './unified-labels';

export type VariantsOptions = EncoderChoices & {
  variants: readonly VariantName[];
  seeds: readonly number[];
  preset: PresetName;
  data?: string;
  config?: string;
  set: string[];
  runs: string;
  root: string;
  userPath?: (path: string) => string;
  log: (line: string) => void;
  /** Trains one, in a process of its own. @returns Its exit code. */
  trainOne: (variant: VariantName, seed: number) => Promise<number>;
};

/**
 * Trains every variant with every seed, one run after another, and tells their test results. Runs that are already there are not trained
 * again, so that it can be stopped at any time and goes on.
 *
 * @returns The facts, or the exit code of a run that failed.
 */
export async function runVariants(options: VariantsOptions): Promise<VariantsFacts | number> {
  const { log, seeds, variants, root } = options;
  const found = new Map<VariantName, RunResult[]>(variants.map((variant) => [variant, []]));
  const hashOf = once(async (config: RunConfig) =>
    datasetHash((await withLabels(await readDataset(config.data, readOptions(config)), config, log)).dataset),
  );
  let count = 0;
  for (const seed of seeds) {
    for (const variant of variants) {
      const path = pathOf(options.runs, nameOf({ ...options, variant }), seed);
      const config = configOf(options, variant, seed);
      const isThere = (await readResult(path)) !== undefined;
      if (isThere) {
        const identity = { config: identityConfig(config), data: await hashOf(config) };
        await checkRun(path, identity, { shown: relative(root, path) });
      }
      count += 1;
      log(
        `run ${count} of ${seeds.length * variants.length}: ${variant}, seed ${seed}${isThere ? ', already there' : ''}`,
      );
      if (!isThere) {
        const code = await options.trainOne(variant, seed);
        if (code !== 0) return code;
      }
      found.get(variant)!.push((await readResult(path))!);
    }
  }
  const { split } = [...found.values()][0]![0]!; // of one data set all
  const { data, training, labelsInEvaluation } = configOf(options, 'mmolre', 1);
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

/** Calls it the first time only: all variants are of one data set. */
function once<A, R>(work: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  let result: Promise<R> | undefined;
  return (argument) => {
    result ??= work(argument);
    return result;
  };
}

function configOf({ config, data, root, ...sources }: VariantsOptions, variant: VariantName, seed: number): RunConfig {
  const base = resolveConfig({ ...sources, variant, file: config });
  return { ...base, data: data ?? resolve(root, base.data), seed };
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
