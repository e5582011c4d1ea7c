import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BACKEND_NAMES, requestedBackend, useBackend } from '@mmolre/backend';
import { SPLITS } from '@mmolre/datasets';
import { presets, type VariantName, variants } from '@mmolre/model';
import { AUDIO_KINDS, expertsReport, expertsTable, runTraining, runVariants, TEXT_KINDS } from '@mmolre/training';
import { Command, InvalidArgumentError, Option } from 'commander';
import { above0, wholeNumber } from './arguments';
import { runCost } from './cost';
import { dataCommand } from './data/data-command';
import { simcse } from './simcse';
import { stopOnSignal } from './stop-on-signal';
import { unify } from './unify';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Paths that a user gives count from where the user stands; pnpm changes the folder and says so in INIT_CWD. */
const userPath = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path);

function seedList(text: string): number[] {
  const seeds = text.split(',').map(Number);
  if (!seeds.every(Number.isSafeInteger))
    throw new InvalidArgumentError(`expected whole numbers such as 1,2,3, found ${text}`);
  return seeds;
}

function variantList(text: string): VariantName[] {
  const known = Object.keys(variants);
  return text.split(',').map((name) => {
    if (!known.includes(name)) throw new InvalidArgumentError(`expected some of ${known.join(',')}, found ${name}`);
    return name as VariantName;
  });
}

const encoderOption = (modality: string, kinds: readonly string[]) =>
  new Option(
    `--${modality} <kind[=source]>`,
    `its encoder: ${kinds.join(', ')}; after =, a folder of weights or hf:owner/name`,
  );
const textOption = () => encoderOption('text', TEXT_KINDS);
const audioOption = () => encoderOption('audio', AUDIO_KINDS);

const collect = (value: string, all: string[]) => [...all, value];

const program = new Command('trainer')
  .description('Trains MMoLRE on a folder with label.csv and recordings, and keeps the best model in runs/<name>.')
  .addOption(new Option('--preset <name>', 'what to start from').choices(Object.keys(presets)).default('compact'))
  .addOption(new Option('--variant <name>', 'what to make of the preset').choices(Object.keys(variants)))
  .option('--data <folder>', "folder with label.csv; default: the preset's", userPath)
  .addOption(textOption())
  .addOption(audioOption())
  .option('--config <file.yaml>', "fields that replace the preset's", userPath)
  .option('--set <field=value>', 'one field, such as training.batchSize=8 or ablate=text; may be repeated', collect, [])
  .option('--seed <number>', "a single seed; default: the preset's", seedList)
  .option('--seeds <list>', 'train once a seed and report mean and deviation, such as 1,2,3', seedList)
  .option('--name <name>', "name of the run's folder; default: the preset's name and the variant's")
  .option('--runs <folder>', 'where runs are kept', userPath, join(root, 'runs'))
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .option('--cache <folder>', 'keeps what frozen encoders make of each text and clip, for later runs', userPath)
  .option('--force', 'train again even if this run is already finished')
  .option('--json', 'print the results as one JSON object a seed on standard output')
  .showHelpAfterError('(--help lists every option)');

program.action(async (options) => {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  await useBackend({ backend: options.backend ?? requestedBackend(), log, install: true });
  process.exitCode = await runTraining({
    ...options,
    seeds: options.seeds ?? options.seed,
    root,
    userPath,
    log,
    signal: stopOnSignal(log),
  });
});

program
  .enablePositionalOptions()
  .command('cost')
  .description('Counts parameters and multiply-adds of a configuration, and trains nothing.')
  .addOption(new Option('--preset <name>', 'what to start from').choices(Object.keys(presets)).default('compact'))
  .addOption(
    new Option('--variant <name>', 'what to make of it; default: the whole model').choices(Object.keys(variants)),
  )
  .addOption(textOption())
  .addOption(audioOption())
  .option('--config <file.yaml>', "fields that replace the preset's", userPath)
  .option('--set <field=value>', 'one field, such as model.unitse.topK=4; may be repeated', collect, [])
  .option(
    '--tokens <number>',
    "of the text, the two special ones included; default: the configuration's longest",
    wholeNumber,
  )
  .option('--seconds <number>', "of the audio; default: the configuration's longest", above0)
  .option('--json', 'print one JSON object on standard output')
  .action((options) => {
    process.stdout.write(runCost({ ...options, userPath }));
  });

program
  .command('experts')
  .description('Prints which shared experts a trained run uses for the samples of a split.')
  .option('--run <folder>', 'folder of a trained run', userPath, join(root, 'runs/latest'))
  .option('--data <folder>', 'folder with label.csv; default: the one the run was trained on', userPath)
  .addOption(new Option('--split <name>', 'samples to look at').choices(SPLITS).default('valid'))
  .option('--prune <folder>', 'write the run without the experts that none of these samples selects', userPath)
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .option('--json', 'print one JSON object on standard output')
  .action(async ({ backend, json, ...options }) => {
    const log = (line: string) => process.stderr.write(`${line}\n`);
    await useBackend({ backend: backend ?? requestedBackend(), log, install: true });
    const live = process.stderr.isTTY;
    const report = await expertsReport({
      ...options,
      onProgress: (done, total) =>
        live && process.stderr.write(`\rsamples ${done}/${total}${done === total ? '\n' : ''}`),
    });
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : expertsTable(report));
  });

program
  .command('variants')
  .description('Trains every variant with every seed, one after another, and writes a table of their results.')
  .option(
    '--variants <list>',
    'some of them, such as mmolre,pre-fusion',
    variantList,
    Object.keys(variants) as VariantName[],
  )
  .option('--seeds <list>', 'one run each', seedList, [1, 2, 3])
  .addOption(new Option('--preset <name>', 'what to start from').choices(Object.keys(presets)).default('quick'))
  .option('--data <folder>', "folder with label.csv; default: the preset's", userPath)
  .addOption(textOption())
  .addOption(audioOption())
  .option('--config <file.yaml>', "fields that replace the preset's", userPath)
  .option('--set <field=value>', 'one field, such as training.maxSteps=2; may be repeated', collect, [])
  .option(
    '--runs <folder>',
    'where runs are kept; those that are there are not trained again',
    userPath,
    join(root, 'runs/variants'),
  )
  .option('--out <folder>', 'where the table goes', userPath, join(root, 'benchmarks/results'))
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .option('--json', 'print one JSON object a variant on standard output')
  .action(async (options) => {
    const log = (line: string) => process.stderr.write(`${line}\n`);
    process.exitCode = await runVariants({ ...options, root, userPath, log });
  });

program.addCommand(dataCommand(userPath));
program.addCommand(simcse(userPath, root));
program.addCommand(unify(userPath));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`trainer: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = 1;
}
