import type { ChosenBackend } from '@mmolre/backend';
import type { ReadOptions } from '@mmolre/datasets';
import type { BackendFacts } from '@mmolre/training';
import type { Command } from 'commander';
import { wholeNumber } from './arguments';

/** Adds what every training has: what becomes of a run that is there, and when checkpoints are made. */
export const runOptions = (command: Command): Command =>
  command
    .option('--force', 'move a run of that name aside and train anew')
    .option('--new', 'where there is a run of that name, train under another')
    .option('--strict-resume', 'end where a checkpoint is damaged; else the one before is used')
    .option('--save-every <steps>', 'make checkpoints within epochs, too; one is made every ten minutes', wholeNumber)
    .option('--keep <number>', 'newest checkpoints that stay beside the best', wholeNumber, 2);

/** How the data is read, as the command line says it, in fields of the configuration. */
export const readingSettings = ({ maxLost, encoding, followLinks }: ReadOptions): string[] =>
  Object.entries({ maxLost, encoding, followLinks }).flatMap(([name, value]) =>
    value === undefined ? [] : [`reading.${name}=${value}`],
  );

/** What a run keeps of the backend. */
export const backendFacts = ({ name, version, device, threads }: ChosenBackend): BackendFacts => ({
  name,
  version,
  device,
  threads,
});
