import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelVariants } from '@mmolre/model';
import { toTerminal } from '@mmolre/report';
import {
  giveOrder,
  labelOf,
  type Order,
  performStudy,
  performTrial,
  planStudy,
  readOrder,
  readPlan,
  readResults,
  readStudy,
  requeue,
  type StudyPlan,
  slurmScript,
  stateLine,
  type TrialResult,
  writePlan,
  writeResults,
} from '@mmolre/studies';
import { presets, undefinedAsNull } from '@mmolre/training';
import { Command, Option } from 'commander';
import { above0, seedList, wholeNumber } from './arguments';
import { log } from './progress';
import { stopOnSignal } from './stop-on-signal';

type UserPath = (path: string) => string;

const SHIPPED = fileURLToPath(new URL('../studies', import.meta.url));
const shippedNames = () => readdirSync(SHIPPED).map((file) => file.replace(/\.yaml$/, ''));
/** The address of a Redis may hold a password, which a command line shows to all users of a machine. */
const redisOption = () =>
  new Option('--redis <url>', 'the Redis that hands trials to workers, such as redis://host:6379').env('MMOLRE_REDIS');
const trainer = () => process.argv[1]!;
const print = (text: string) => void process.stdout.write(text);

const collect = (value: string, all: string[]) => [...all, value];

/** What makes a plan of a study's file. */
const planOptions = (command: Command, userPath: UserPath, root: string): Command =>
  command
    .addOption(new Option('--preset <name>', "in place of the file's").choices(Object.keys(presets)))
    .addOption(new Option('--variant <name>', "in place of the file's").choices(Object.keys(modelVariants)))
    .option('--data <folder>', "in place of the file's", userPath)
    .option('--set <field=value>', 'one field for all trials; may be repeated', collect, [])
    .option('--seeds <list>', "in place of the file's", seedList)
    .option('--save-every <steps>', 'make checkpoints within epochs, too; one is made every ten minutes', wholeNumber)
    .option('--runs <folder>', 'where studies are kept, a folder each', userPath, join(root, 'runs/studies'));

type PlanGiven = {
  preset?: keyof typeof presets;
  variant?: keyof typeof modelVariants;
  data?: string;
  set: string[];
  seeds?: number[];
  saveEvery?: number;
  runs: string;
};

/** `study <file>`, and what is done with the folder that it makes. */
export function studyCommand(userPath: UserPath, root: string): Command {
  const plan = async (given: string, { runs, saveEvery, ...overrides }: PlanGiven) => {
    const file = shippedNames().includes(given) ? join(SHIPPED, `${given}.yaml`) : userPath(given);
    const study = readStudy(file, overrides);
    const planned = await planStudy(study, { file: given, root, userFolder: userPath('.'), saveEvery, log });
    const folder = join(runs, study.name);
    await writePlan(folder, planned);
    return { folder, planned };
  };
  const study = planOptions(new Command('study'), userPath, root)
    .description("Trains what a study's file says: a grid or random draws of fields over seeds, with pruning.")
    .argument('<file>', `a YAML file, or one of ${shippedNames().join(', ')}`)
    .option('--at-once <number>', 'trials that this machine trains at the same time', wholeNumber, 1)
    .addOption(redisOption())
    .option('--json', 'print one JSON object a trial on standard output')
    .enablePositionalOptions()
    .action(async (file: string, { atOnce, redis, json, ...given }) => {
      const stop = stopOnSignal(log);
      const { folder, planned } = await plan(file, given);
      log(`${planned.trials.length} trials in ${folder}`);
      await giveOrder(folder, 'run');
      const done = redis
        ? await (await import('@mmolre/studies/queue')).queueStudy(folder, planned, { redis, signal: stop.signal, log })
        : await performStudy(folder, planned, { atOnce, trainer: trainer(), signal: stop.signal, log });
      await showResults(folder, planned, json);
      if (stop.signal.aborted) process.exitCode = stop.exitCode();
      else if (!done || (await readResults(folder, planned)).some(({ state }) => state.state === 'failed'))
        process.exitCode = 1;
    });
  const folderArgument = ['<folder>', 'of the study', userPath] as const;
  study
    .command('status')
    .description('Says how far a study has come, and writes its results as they stand.')
    .argument(...folderArgument)
    .option('--json', 'print one JSON object a trial on standard output')
    .action(async (folder: string, { json }) => {
      await showResults(folder, await readPlan(folder), json);
      const order = await readOrder(folder);
      if (order !== 'run') log(`the study is ${order === 'pause' ? 'paused' : 'cancelled'}`);
    });
  const ordering = (name: string, order: Order, description: string) =>
    study
      .command(name)
      .description(description)
      .argument(...folderArgument)
      .action(async (folder: string) => {
        await readPlan(folder); // it is one
        await giveOrder(folder, order);
      });
  ordering('pause', 'pause', 'Has trials stop after their steps, and wait.');
  ordering('resume', 'run', 'Has the trials of a paused study go on.');
  ordering('cancel', 'cancel', 'Has trials stop after their steps, and starts no other; what they have is kept.');
  study
    .command('requeue')
    .description('Has trials that failed or were pruned go on, when the study is started the next time or is running.')
    .argument(...folderArgument)
    .action(async (folder: string) => log(`${await requeue(folder)} trials have another chance`));
  planOptions(study.command('slurm'), userPath, root)
    .description("Prints a script for Slurm's sbatch: an array of jobs, a trial each.")
    .argument('<file>', 'as of study')
    .option('--at-once <number>', 'jobs that run at the same time', wholeNumber, 8)
    .action(async (file: string, { atOnce, ...given }) => {
      const { folder, planned } = await plan(file, given);
      print(slurmScript(planned, { command: [process.execPath, trainer()], folder, atOnce }));
    });
  study
    .command('trial')
    .description("Trains one trial of a study, by its number from 1: what a job of Slurm's does.")
    .argument(...folderArgument)
    .argument('<number>', 'from 1', wholeNumber)
    .action(async (folder: string, number: number) => {
      const planned = await readPlan(folder);
      const trial = planned.trials[number - 1];
      if (!trial) throw new Error(`${folder}: expected a trial of 1 to ${planned.trials.length}, found ${number}`);
      const stop = stopOnSignal(log);
      const state = await performTrial(folder, planned, trial, { trainer: trainer(), signal: stop.signal, log });
      log(`${labelOf(trial)}: ${stateLine(state)}`);
      process.exitCode = state.state === 'failed' ? 1 : stop.exitCode();
    });
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
    .action(async ({ runs: studies, ...given }) => {
      const stop = stopOnSignal(log);
      const { serveTrials } = await import('@mmolre/studies/queue');
      await serveTrials({ ...given, studies, trainer: trainer(), signal: stop.signal, log });
      process.exitCode = stop.exitCode();
    });

/** Writes what a study has come to, and prints a line a trial. */
async function showResults(folder: string, plan: StudyPlan, json: boolean): Promise<void> {
  const results = await readResults(folder, plan);
  const page = await writeResults(folder, plan, log);
  if (json) for (const one of results) print(`${JSON.stringify(shownResult(one), undefinedAsNull)}\n`);
  else {
    const rows = results.map(({ trial, state, epochs, best }) => [
      labelOf(trial),
      stateLine(state),
      `${epochs}`,
      best?.toFixed(3) ?? '',
    ]);
    print(toTerminal([{ table: { head: ['trial', 'state', 'epochs', `valid ${plan.metric}`], rows } }]));
  }
  log(`${basename(folder)}: ${page}`);
}

const shownResult = ({ trial: { id, setting, seed }, state, epochs, best, result, run }: TrialResult) => ({
  ...{ trial: id, setting, seed, state: state.state, reason: state.reason, epochs, best },
  ...{ test: result?.test, run: resolve(run) },
});
