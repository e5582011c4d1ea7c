import { join, resolve } from 'node:path';
import { BACKEND_NAMES, requestedBackend, useBackend } from '@mmolre/backend';
import { SPLITS } from '@mmolre/datasets';
import { readSize } from '@mmolre/encoders/node';
import { onClosedOutput } from '@mmolre/files';
import { readOptions } from '@mmolre/label-unification/command';
import { modelVariants, type VariantName } from '@mmolre/model';
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
  AUDIO_KINDS,
  costFacts,
  expertsFacts,
  presets,
  resolveConfig,
  runTraining,
  type SeedResult,
  saveRunAdapters,
  TEXT_KINDS,
  undefinedAsNull,
  verifyRun,
} from '@mmolre/training';
import { assertFolder, homeFolder, programVersion, refuseArguments } from '@mmolre/training/command-line';
import { Command, Option } from 'commander';
import { above0, foldsChoice, rankNumber, seedList, variantList, wholeNumber } from './arguments';
import { dataCommand } from './data-command';
import { log } from './progress';
import { backendFacts, readingSettings, runOptions } from './run-options';
import { simcse } from './simcse';
import { stopOnSignal } from './stop-on-signal';
import { studyCommand, workerCommand } from './study-commands';
import { textAtHand } from './text-at-hand';
import { unify } from './unify';
import { variantsCommand } from './variants';
import { withWorkers } from './workers/with-workers';

onClosedOutput((exitCode) => process.exit(exitCode));

const root = homeFolder(import.meta.url);
/** Paths that a user gives count from where the user stands; pnpm changes the folder and says so in INIT_CWD. */
const userPath = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path);

const encoderOption = (modality: string, kinds: readonly string[]) =>
  new Option(
    `--${modality} <kind[=source]>`,
    `its encoder: ${kinds.join(', ')}; after =, a folder of weights, hf:owner/name or pip:minilm`,
  );
const textOption = () => encoderOption('text', TEXT_KINDS);
const audioOption = () => encoderOption('audio', AUDIO_KINDS);

const collect = (value: string, all: string[]) => [...all, value];

/** The whole command line. */
export const program = new Command('trainer')
  .description('Trains MMoLRE on a folder with label.csv and recordings, and keeps the best model in runs/<name>.')
  .version(programVersion(import.meta.url))
  .usage('[options] [command]')
  .argument('[command...]')
  .helpCommand(true)
  .optionsGroup('Model:')
  .addOption(new Option('--preset <name>', 'what to start from').choices(Object.keys(presets)).default('small'))
  .addOption(new Option('--variant <name>', 'what to make of the preset').choices(Object.keys(modelVariants)))
  .addOption(textOption())
  .addOption(audioOption())
  .option('--config <file.yaml>', "fields that replace the preset's", userPath)
  .option('--set <field=value>', 'one field, such as training.batchSize=8 or ablate=text; may be repeated', collect, [])
  .optionsGroup('Runs:')
  .option('--seed <number>', "a single seed; default: the preset's", seedList)
  .option('--seeds <list>', 'train once a seed and report mean and deviation, such as 1,2,3', seedList)
  .option(
    '--folds <choice>',
    'train and test over the speakers: speakers, or so many groups of them: speakers=3',
    foldsChoice,
  )
  .option('--name <name>', "name of the run's folder; default: the preset's name and the variant's")
  .option('--runs <folder>', 'where runs are kept', userPath, join(root, 'runs'))
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .option('--tensorboard', "write TensorBoard's event files into the run's folder")
  .option('--trackio <url>', 'send the run to this Trackio server')
  .option('--json', 'print the results as one JSON object a seed on standard output')
  .optionsGroup('Several processes:')
  .option(
    '--workers <list>',
    'train on all of them: host:port,host:port, rank 0 first; slurm; or local:2, started here',
  )
  .option('--rank <number>', 'which of them this is, from 0; Slurm and Kubernetes tell it', rankNumber)
  .option('--timeout <seconds>', 'how long they wait for each other', above0, 300)
  .option('--trust-network', 'nobody else reaches their ports, over which anyone could command them')
  .showHelpAfterError('(--help lists every option)');

runOptions(program)
  .optionsGroup('Data:')
  .option('--data <folder>', "folder with label.csv; default: the preset's", userPath)
  .option('--cache <folder>', 'keeps what frozen encoders make of each text and clip, for later runs', userPath);
readOptions(program);
program.hook('preAction', (_, command) => {
  if (command === program) refuseArguments(program);
  const { data, run } = command.opts();
  // Of `simcse` it may be a file.
  if (data && command.name() !== 'simcse') assertFolder(data, 'a folder with a data set');
  if (run) assertFolder(run, 'the folder of a trained run');
});
program.action(async (_, { json, ...options }) => {
  const stop = stopOnSignal(log);
  await withWorkers(options, async ({ backend, ranks, ...shown }) => {
    const isFirst = !ranks || ranks.rank === 0; // its results are everyone's
    const isDefault = program.getOptionValueSource('preset') === 'default';
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
      root,
      userPath,
      signal: stop.signal,
      onResult: (result) => json && isFirst && process.stdout.write(`${JSON.stringify(result, undefinedAsNull)}\n`),
    });
    if (!results) process.exitCode = stop.exitCode();
    else if (!json && isFirst) process.stdout.write(toTerminal(resultsReport(results)));
  });
});

/** A column a seed, or a line a fold. */
function resultsReport(results: readonly SeedResult[]): Block[] {
  const { split, warning } = results[0]!;
  const folds = results.flatMap(({ fold, speakers = [], ...one }) =>
    fold === undefined ? [] : [{ ...one, fold, speakers }],
  );
  return folds.length > 0 ? foldsReport(folds, warning) : summaryReport(results, split, warning);
}

program
  .enablePositionalOptions()
  .command('cost')
  .description('Counts parameters and multiply-adds of a configuration, and trains nothing.')
  .addOption(new Option('--preset <name>', 'what to start from').choices(Object.keys(presets)).default('small'))
  .addOption(
    new Option('--variant <name>', 'what to make of it; default: the whole model').choices(Object.keys(modelVariants)),
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
  .action(async ({ json, config, tokens, seconds, ...sources }) => {
    const { model } = resolveConfig({ ...sources, file: config, userPath });
    const sizes = { text: await readSize(model.text), audio: await readSize(model.audio) };
    const facts = costFacts(model, { ...(tokens && { tokens }), ...(seconds && { seconds }) }, sizes);
    process.stdout.write(json ? `${JSON.stringify(facts)}\n` : toTerminal(costReport(facts)));
  });

readOptions(program.command('experts'))
  .description('Prints which shared experts a trained run uses for the samples of a split.')
  .option('--run <folder>', 'folder of a trained run', userPath, join(root, 'runs/latest'))
  .option('--data <folder>', 'folder with label.csv; default: the one the run was trained on', userPath)
  .addOption(new Option('--split <name>', 'samples to look at').choices(SPLITS).default('valid'))
  .option('--prune <folder>', 'write the run without the experts that none of these samples selects', userPath)
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .option('--json', 'print one JSON object on standard output')
  .action(async ({ backend, json, ...options }) => {
    await useBackend({ backend: backend ?? requestedBackend(), log, install: true });
    const live = process.stderr.isTTY;
    const facts = await expertsFacts({
      ...options,
      log,
      onProgress: (done, total) =>
        live && process.stderr.write(`\rsamples ${done}/${total}${done === total ? '\n' : ''}`),
    });
    process.stdout.write(json ? `${JSON.stringify(facts)}\n` : toTerminal(expertsReport(facts)));
  });

readOptions(program.command('variants'))
  .description('Trains every variant with every seed, one after another, and writes a table of their results.')
  .option(
    '--variants <list>',
    'some of them, such as mmolre,pre-fusion',
    variantList,
    Object.keys(modelVariants) as VariantName[],
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
    const set = [...options.set, ...readingSettings(options)];
    process.exitCode = await variantsCommand({ ...options, set, root, userPath });
  });

program
  .command('adapters')
  .description("Writes what a run's encoders with lora have learnt: adapters that Python's peft reads.")
  .argument('<run>', 'its folder', userPath)
  .argument('<folder>', 'where they go, into text and audio', userPath)
  .option('--merged', 'write whole checkpoints, which transformers reads')
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .action(async (run, folder, { merged = false, backend }) => {
    await useBackend({ backend: backend ?? requestedBackend(), log, install: true });
    for (const written of await saveRunAdapters(run, folder, { merged, log })) log(written);
  });

program
  .command('verify')
  .description('Holds every checkpoint of a run against its hashes, and changes nothing.')
  .argument('<run>', 'its folder', userPath)
  .option('--json', 'print one JSON object on standard output')
  .action(async (run, { json }) => {
    const found = await verifyRun(run);
    process.stdout.write(json ? `${JSON.stringify(found, undefinedAsNull)}\n` : toTerminal(verifyReport(found)));
    if (found.checkpoints.some(({ fault }) => fault)) process.exitCode = 1;
  });

program.addCommand(dataCommand(userPath));
program.addCommand(simcse(userPath, root));
program.addCommand(studyCommand(userPath, root));
program.addCommand(unify(userPath));
program.addCommand(workerCommand(userPath, root));
