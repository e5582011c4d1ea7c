import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, relative, resolve } from 'node:path';
import { hardwareLine, hardwareSlug } from '@mmolre/backend';
import type { Split } from '@mmolre/datasets';
import { writeFileSafely } from '@mmolre/files';
import { EVALUATION_WARNING } from '@mmolre/label-unification';
import type { Evaluation, PresetName, RunConfig, VariantName } from '@mmolre/model';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { resolveConfig } from './config';
import type { EncoderChoices } from './encoder-option';
import { openRunFolder, type RunResult } from './run-folder';
import { runName, undefinedAsNull } from './run-training';
import { scoresWarning } from './shortcomings';

export type VariantsOptions = EncoderChoices & {
  variants: readonly VariantName[];
  seeds: readonly number[];
  preset: PresetName;
  data?: string;
  config?: string;
  set: string[];
  runs: string;
  backend?: string;
  /** The folder that the table goes to. */ out: string;
  json?: boolean;
  root: string;
  userPath?: (path: string) => string;
  log: (line: string) => void;
};

/** Over the seeds; the deviation (n - 1) only of several. */
export type Spread = { mean: number; deviation: number | undefined };

export type VariantRow = {
  variant: VariantName;
  seeds: number[];
  /** Mean recall of the six categories. */ recall: Spread | undefined;
  correlation: Spread | undefined;
  mae: Spread | undefined;
  parameters: number;
  stepSeconds: Spread | undefined;
};

/**
 * Trains every variant with every seed, one run after another in a process of its own, and writes a table of their test results.
 * Runs that are already there are not trained again, so that it can be stopped at any time and goes on.
 *
 * @returns The exit code: 0, or that of a run that failed.
 */
export async function runVariants(options: VariantsOptions): Promise<number> {
  const { log, seeds, variants, root } = options;
  const found = new Map<VariantName, RunResult[]>(variants.map((variant) => [variant, []]));
  let count = 0;
  for (const seed of seeds) {
    for (const variant of variants) {
      const path = join(options.runs, runName({ ...options, variant }, seed));
      const folder = openRunFolder(path, configOf(options, variant, seed));
      const isThere = folder.result() !== undefined;
      count += 1;
      log(
        `run ${count} of ${seeds.length * variants.length}: ${variant}, seed ${seed}${isThere ? ', already there' : ''}`,
      );
      if (!isThere) {
        const code = await trainInProcess(options, variant, seed);
        if (code !== 0) return code;
      }
      found.get(variant)!.push(folder.result()!);
    }
  }
  const rows = [...found].map(([variant, results]) => variantRow(variant, seeds, results));
  const { split } = [...found.values()][0]![0]!; // of one data set all
  const { data, training, labelsInEvaluation } = configOf(options, 'mmolre', 1);
  const length = training.maxSteps ? `at most ${training.maxSteps} steps` : `${training.maxEpochs} epochs`;
  const settings = options.set.length > 0 ? ` with ${options.set.join(', ')}` : '';
  const title = `preset ${options.preset}${settings} (${length}, ${training.batchSize} samples a step)`;
  const page = variantsTable(rows, {
    title,
    split,
    data: relative(root, data),
    hardware: hardwareLine([]),
    warning: scoresWarning(split, labelsInEvaluation ? EVALUATION_WARNING : undefined),
  });
  const file = join(options.out, `variants_${hardwareSlug()}_${new Date().toISOString().slice(0, 7)}.md`);
  await writeFileSafely(file, page);
  process.stdout.write(options.json ? rows.map((row) => `${JSON.stringify(row, undefinedAsNull)}\n`).join('') : page);
  log(`written: ${relative(root, file)}`);
  return 0;
}

function configOf({ config, data, root, ...sources }: VariantsOptions, variant: VariantName, seed: number): RunConfig {
  const base = resolveConfig({ ...sources, variant, file: config });
  return { ...base, data: data ?? resolve(root, base.data), seed };
}

/** The trainer's own command for one run. What it says goes to standard error. @returns Its exit code. */
async function trainInProcess(options: VariantsOptions, variant: VariantName, seed: number): Promise<number> {
  const given = { preset: options.preset, variant, seed, runs: options.runs, data: options.data };
  const more = { config: options.config, backend: options.backend, text: options.text, audio: options.audio };
  const args = Object.entries({ ...given, ...more }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, `${value}`],
  );
  const program = process.argv[1]!;
  const child = spawn(process.execPath, [program, ...args, ...options.set.flatMap((set) => ['--set', set])], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
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

function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const defined = values.filter((value) => value !== undefined);
  if (defined.length === 0) return undefined;
  return { mean: mean(defined), deviation: defined.length > 1 ? sampleStandardDeviation(defined) : undefined };
}

/** The table as a page of Markdown. */
export function variantsTable(
  rows: readonly VariantRow[],
  {
    title,
    split,
    data,
    hardware,
    warning,
  }: { title: string; split: Split; data: string; hardware: string; warning?: string | undefined },
): string {
  const show = (spread: Spread | undefined) =>
    spread
      ? `${spread.mean.toFixed(3)}${spread.deviation === undefined ? '' : ` ± ${spread.deviation.toFixed(3)}`}`
      : 'none';
  const cells = rows.map(({ variant, recall, correlation, mae, parameters, stepSeconds }) => [
    `\`${variant}\``,
    ...[recall, correlation, mae].map(show),
    parameters.toLocaleString('en-US'),
    show(stepSeconds),
  ]);
  const head = ['variant', 'emotion recall', 'sentiment correlation', 'mean absolute error', 'parameters', 's a step'];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |\n`;
  const seeds = rows[0]?.seeds.join(', ') ?? '';
  return [
    '# Variants of the model\n\n',
    `${split === 'test' ? 'Test' : 'Validation'} split of ${data}, ${title}. Mean and deviation over the seeds ${seeds}; chance is 0.167 for the recall. A step's\n`,
    'time is the median of a run and holds the making of its batch. Made by `pnpm --filter trainer start variants`, one run after another.\n\n',
    `${hardware}\n\n`,
    ...(warning ? [`Warning: ${warning}.\n\n`] : []),
    line(head),
    line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))),
    ...cells.map(line),
  ].join('');
}
