import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backendNames, requestedBackend, useBackend } from '@mmolre/backend';
import { presets } from '@mmolre/model';
import { Command, InvalidArgumentError, Option } from 'commander';
import { runTraining } from './run-training';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Paths that a user gives count from where the user stands; pnpm changes the folder and says so in INIT_CWD. */
const userPath = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path);

function seedList(text: string): number[] {
  const seeds = text.split(',').map(Number);
  if (!seeds.every(Number.isSafeInteger))
    throw new InvalidArgumentError(`expected whole numbers such as 1,2,3, found ${text}`);
  return seeds;
}

const collect = (value: string, all: string[]) => [...all, value];

const program = new Command('trainer')
  .description('Trains MMoLRE on a folder with label.csv and recordings, and keeps the best model in runs/<name>.')
  .addOption(new Option('--preset <name>', 'what to start from').choices(Object.keys(presets)).default('compact'))
  .option('--data <folder>', "folder with label.csv; default: the preset's", userPath)
  .option('--config <file.yaml>', "fields that replace the preset's", userPath)
  .option('--set <field=value>', 'one field, such as training.batchSize=8 or ablate=text; may be repeated', collect, [])
  .option('--seed <number>', "a single seed; default: the preset's", seedList)
  .option('--seeds <list>', 'train once a seed and report mean and deviation, such as 1,2,3', seedList)
  .option('--name <name>', "name of the run's folder; default: the preset's name")
  .option('--runs <folder>', 'where runs are kept', userPath, join(root, 'runs'))
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(backendNames))
  .option('--force', 'train again even if this run is already finished')
  .option('--json', 'print the results as one JSON object a seed on standard output')
  .showHelpAfterError('(--help lists every option)');

program.action(async (options) => {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  await useBackend({ backend: options.backend ?? requestedBackend(), log, install: true });
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130);
    log('\nstopping after this step; press Ctrl-C again to stop at once');
    stop.abort();
  });
  process.on('SIGTERM', () => stop.abort());
  process.exitCode = await runTraining({
    ...options,
    seeds: options.seeds ?? options.seed,
    root,
    log,
    signal: stop.signal,
  });
});

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`trainer: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = 1;
}
