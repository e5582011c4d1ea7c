import type { ChosenBackend } from '@mmolre/backend';
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

/** What a run keeps of the backend. */
export const backendFacts = ({ name, version, device, threads }: ChosenBackend): BackendFacts => ({
  name,
  version,
  device,
  threads,
});
