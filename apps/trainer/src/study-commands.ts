import { join } from 'node:path';
import { VARIANT_NAMES } from '@mmolre/model/command-line';
import type { Order } from '@mmolre/studies';
import { PRESET_NAMES } from '@mmolre/training/command-line';
import { Command, Option } from 'commander';
import { above0, seedList, wholeNumber } from './arguments';
import { shippedNames } from './shipped-studies';

type UserPath = (path: string) => string;

/** The address of a Redis may hold a password, which a command line shows to all users of a machine. */
const redisOption = () =>
  new Option('--redis <url>', 'the Redis that hands trials to workers, such as redis://host:6379').env('MMOLRE_REDIS');

const collect = (value: string, all: string[]) => [...all, value];

const actions = () => import('./study-actions');

/** What makes a plan of a study's file. */
const planOptions = (command: Command, userPath: UserPath, root: string): Command =>
  command
    .addOption(new Option('--preset <name>', "in place of the file's").choices(PRESET_NAMES))
    .addOption(new Option('--variant <name>', "in place of the file's").choices(VARIANT_NAMES))
    .option('--data <folder>', "in place of the file's", userPath)
    .option('--set <field=value>', 'one field for all trials; may be repeated', collect, [])
    .option('--seeds <list>', "in place of the file's", seedList)
    .option('--save-every <steps>', 'make checkpoints within epochs, too; one is made every ten minutes', wholeNumber)
    .option('--runs <folder>', 'where studies are kept, a folder each', userPath, join(root, 'runs/studies'));

/** `study <file>`, and what is done with the folder that it makes. */
export function studyCommand(userPath: UserPath, root: string): Command {
  const study = planOptions(new Command('study'), userPath, root)
    .description("Trains what a study's file says: a grid or random draws of fields over seeds, with pruning.")
    .argument('<file>', `a YAML file, or one of ${shippedNames().join(', ')}`)
    .option('--at-once <number>', 'trials that this machine trains at the same time', wholeNumber, 1)
    .addOption(redisOption())
    .option('--json', 'print one JSON object a trial on standard output')
    .enablePositionalOptions()
    .action(async (file, options) => (await actions()).train(file, { ...options, userPath, root }));
  const folderArgument = ['<folder>', 'of the study', userPath] as const;
  study
    .command('status')
    .description('Says how far a study has come, and writes its results as they stand.')
    .argument(...folderArgument)
    .option('--json', 'print one JSON object a trial on standard output')
    .action(async (folder, options) => (await actions()).status(folder, options));
  const ordering = (name: string, order: Order, description: string) =>
    study
      .command(name)
      .description(description)
      .argument(...folderArgument)
      .action(async (folder) => (await actions()).give(folder, order));
  ordering('pause', 'pause', 'Has trials stop after their steps, and wait.');
  ordering('resume', 'run', 'Has the trials of a paused study go on.');
  ordering('cancel', 'cancel', 'Has trials stop after their steps, and starts no other; what they have is kept.');
  study
    .command('requeue')
    .description('Has trials that failed or were pruned go on, when the study is started the next time or is running.')
    .argument(...folderArgument)
    .action(async (folder) => (await actions()).giveAnotherChance(folder));
  planOptions(study.command('slurm'), userPath, root)
    .description("Prints a script for Slurm's sbatch: an array of jobs, a trial each.")
    .argument('<file>', 'as of study')
    .option('--at-once <number>', 'jobs that run at the same time', wholeNumber, 8)
    .action(async (file, options) => (await actions()).slurm(file, { ...options, userPath, root }));
  study
    .command('trial')
    .description("Trains one trial of a study, by its number from 1: what a job of Slurm's does.")
    .argument(...folderArgument)
    .argument('<number>', 'from 1', wholeNumber)
    .action(async (folder, number) => (await actions()).trial(folder, number));
  return study;
}

/** `worker`: trains trials that a Redis hands out. */
export const workerCommand = (userPath: UserPath, root: string): Command =>
  new Command('worker')
    .description('Trains the trials that a Redis hands out, on every machine that shares the folder of studies.')
    .addOption(redisOption().makeOptionMandatory())
    .option('--runs <folder>', 'where studies are kept, shared by all workers', userPath, join(root, 'runs/studies'))
    .option('--at-once <number>', 'trials that it trains at the same time', wholeNumber, 1)
    .option('--lost-after <seconds>', 'a worker that was not heard of for so long has died', above0, 30)
    .action(async ({ runs, ...given }) => (await actions()).work({ ...given, studies: runs }));
