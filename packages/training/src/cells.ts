import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { relative, resolve } from 'node:path';
import { datasetHash, readDataset } from '@mmolre/datasets';
import type { VariantName } from '@mmolre/model';
import type { EncoderChoices } from './encoder-option';
import { inFold } from './folds';
import { checkRun } from './open-run';
import type { PresetName } from './preset-names';
import { resolveConfig } from './resolve-config';
import { type RunConfig, readOptions } from './run-config';
import { type RunResult, readResult } from './run-result';
import { pathOf } from './run-training';
import { identityConfig } from './train-run';
import { withLabels } from './unified-labels';

/** One of several runs that are compared. */
export type Cell = {
  /** Of the run's folder, without the seed. */ name: string;
  variant: VariantName;
  seed: number;
  /** Fields of its own, after those that all have. */ set: readonly string[];
};

/** What all of them have. */
export type CellsOptions = EncoderChoices & {
  preset: PresetName;
  data?: string;
  config?: string;
  set: readonly string[];
  backend?: string;
  runs: string;
  root: string;
  userPath?: (path: string) => string;
  log: (line: string) => void;
  /** The built trainer, which trains each in a process of its own. */ trainer: string;
};

/** Where a cell's run is. */
export const cellPath = ({ runs }: Pick<CellsOptions, 'runs'>, { name, seed }: Cell): string =>
  pathOf(runs, name, seed);

/** The whole configuration of a cell's run. */
export function cellConfig({ config, data, root, ...sources }: CellsOptions, cell: Cell): RunConfig {
  const set = [...sources.set, ...cell.set];
  const base = resolveConfig({ ...sources, variant: cell.variant, file: config, set });
  return { ...base, data: data ?? resolve(root, base.data), seed: cell.seed };
}

/**
 * Trains cells, one run after another; what is there already is held against what it should be and not trained again, so that many of them can be
 * stopped at any time and go on.
 *
 * @returns What trains one: its result, or the exit code of a run that failed.
 * @throws One line: what is there is a run of something else.
 */
export function cellTrainer(options: CellsOptions): (cell: Cell) => Promise<RunResult | number> {
  const hashOf = dataHasher(options.log);
  return async (cell) => {
    const path = cellPath(options, cell);
    const known = await readResult(path);
    if (known) {
      const config = cellConfig(options, cell);
      const identity = { config: identityConfig(config), data: await hashOf(config) };
      await checkRun(path, identity, { shown: relative(options.root, path) });
      options.log(`${cell.name}, seed ${cell.seed}: already there`);
      return known;
    }
    options.log(`${cell.name}, seed ${cell.seed}`);
    const code = await trainInProcess(options.trainer, cellArguments(options, cell));
    return code === 0 ? (await readResult(path))! : code;
  };
}

/** SHA-256 of the data of configurations, with the labels that are trained on; what several have in common is read once. */
export function dataHasher(log: (line: string) => void): (config: RunConfig) => Promise<string> {
  const hashes = new Map<string, Promise<string>>();
  const read = async (config: RunConfig) => {
    const whole = await readDataset(config.data, readOptions(config));
    return datasetHash((await withLabels(config.fold ? inFold(whole, config.fold) : whole, config, log)).dataset);
  };
  return (config) => {
    const key = JSON.stringify([config.data, config.fold, config.labels, config.unify]);
    const hash = hashes.get(key) ?? read(config);
    hashes.set(key, hash);
    return hash;
  };
}

/** The trainer's arguments for a cell. */
function cellArguments({ preset, runs, data, config, backend, text, audio, set }: CellsOptions, cell: Cell): string[] {
  const given = {
    preset,
    variant: cell.variant,
    seed: cell.seed,
    name: cell.name,
    runs,
    data,
    config,
    backend,
    text,
    audio,
  };
  return [
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`])),
    ...[...set, ...cell.set].flatMap((one) => ['--set', one]),
  ];
}

/** What it says goes to standard error. @returns Its exit code. */
async function trainInProcess(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  // Ctrl-C reaches it directly; it ends its step, and no other run is started.
  const wait = () => {};
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', wait).on('SIGTERM', forward).on('SIGHUP', forward);
  const [code, signal] = (await once(child, 'exit')) as [number, null] | [null, NodeJS.Signals];
  process.off('SIGINT', wait).off('SIGTERM', forward).off('SIGHUP', forward);
  return code ?? 128 + constants.signals[signal];
}
