import { type BackendName, requestedBackend, useBackend } from '@mmolre/backend';
import type { ReadOptions } from '@mmolre/datasets';
import { readSize } from '@mmolre/encoders/node';
import {
  type Block,
  costReport,
  expertsReport,
  foldsReport,
  summaryReport,
  toTerminal,
  verifyReport,
} from '@mmolre/report';
import {
  type ConfigSources,
  costFacts,
  type ExpertsOptions,
  expertsFacts,
  resolveConfig,
  runTraining,
  type SeedResult,
  saveRunAdapters,
  type TrainingOptions,
  undefinedAsNull,
  verifyRun,
} from '@mmolre/training';
import { log } from './progress';
import { backendFacts, readingSettings } from './run-options';
import { stopOnSignal } from './stop-on-signal';
import { textAtHand } from './text-at-hand';
import { type VariantsArguments, variantsCommand } from './variants';
import { type ComputingOptions, withWorkers } from './workers/with-workers';

// What the commands of `program.ts` do, with their options.

type Given = { backend?: BackendName; json?: boolean };

type TrainArguments = Omit<TrainingOptions, 'backend' | 'ranks' | 'command' | 'log' | 'startProgress' | 'signal'> &
  ComputingOptions &
  ReadOptions &
  Given & {
    seed?: number[];
    /** Nobody has named a preset. */ isDefault: boolean;
  };

export async function train({ json, isDefault, ...options }: TrainArguments): Promise<void> {
  const stop = stopOnSignal(log);
  await withWorkers(options, async ({ backend, ranks, ...shown }) => {
    const isFirst = !ranks || ranks.rank === 0; // its results are everyone's
    const text = isDefault ? await textAtHand(options, shown.log) : options.text;
    const results = await runTraining({
      ...options,
      ...shown,
      text,
      set: [...options.set, ...readingSettings(options)],
      backend: backendFacts(backend),
      ranks,
      command: process.argv.slice(2),
      seeds: options.seeds ?? options.seed,
      signal: stop.signal,
      onResult: (result) => json && isFirst && process.stdout.write(`${JSON.stringify(result, undefinedAsNull)}\n`),
    });
    if (!results) process.exitCode = stop.exitCode();
    else if (!json && isFirst) process.stdout.write(toTerminal(resultsReport(results)));
  });
}

/** A column a seed, or a line a fold. */
function resultsReport(results: readonly SeedResult[]): Block[] {
  const { split, warning } = results[0]!;
  const folds = results.flatMap(({ fold, speakers = [], ...one }) =>
    fold === undefined ? [] : [{ ...one, fold, speakers }],
  );
  return folds.length > 0 ? foldsReport(folds, warning) : summaryReport(results, split, warning);
}

type CostArguments = Omit<ConfigSources, 'file'> & { config?: string; tokens?: number; seconds?: number } & Given;

export async function cost({ json, config, tokens, seconds, ...sources }: CostArguments): Promise<void> {
  const { model } = resolveConfig({ ...sources, file: config });
  const sizes = { text: await readSize(model.text), audio: await readSize(model.audio) };
  const facts = costFacts(model, { ...(tokens && { tokens }), ...(seconds && { seconds }) }, sizes);
  process.stdout.write(json ? `${JSON.stringify(facts)}\n` : toTerminal(costReport(facts)));
}

type ExpertsArguments = Omit<ExpertsOptions, 'log' | 'onProgress'> & Given;

export async function experts({ backend, json, ...options }: ExpertsArguments): Promise<void> {
  await openBackend(backend);
  const live = process.stderr.isTTY;
  const facts = await expertsFacts({
    ...options,
    log,
    onProgress: (done, total) =>
      live && process.stderr.write(`\rsamples ${done}/${total}${done === total ? '\n' : ''}`),
  });
  process.stdout.write(json ? `${JSON.stringify(facts)}\n` : toTerminal(expertsReport(facts)));
}

export async function variants(options: VariantsArguments & ReadOptions): Promise<void> {
  process.exitCode = await variantsCommand({ ...options, set: [...options.set, ...readingSettings(options)] });
}

export async function adapters(
  run: string,
  folder: string,
  { merged = false, backend }: { merged?: boolean } & Given,
): Promise<void> {
  await openBackend(backend);
  for (const written of await saveRunAdapters(run, folder, { merged, log })) log(written);
}

export async function verify(run: string, { json }: Given): Promise<void> {
  const found = await verifyRun(run);
  process.stdout.write(json ? `${JSON.stringify(found, undefinedAsNull)}\n` : toTerminal(verifyReport(found)));
  if (found.checkpoints.some(({ fault }) => fault)) process.exitCode = 1;
}

const openBackend = (backend = requestedBackend()) => useBackend({ ...(backend && { backend }), log, install: true });
