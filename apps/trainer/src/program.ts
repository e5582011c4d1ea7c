import { join, resolve } from 'node:path';
import { BACKEND_NAMES } from '@mmolre/backend/command-line';
import { SPLITS } from '@mmolre/datasets/command-line';
import { AUDIO_KINDS, TEXT_KINDS } from '@mmolre/encoders/command-line';
import { onClosedOutput } from '@mmolre/files';
import { readOptions } from '@mmolre/label-unification/command';
import { VARIANT_NAMES } from '@mmolre/model/command-line';
import { assertFolder, homeFolder, PRESET_NAMES, programVersion, refuseArguments } from '@mmolre/training/command-line';
import { Command, Option } from 'commander';
import { above0, foldsChoice, rankNumber, seedList, variantList, wholeNumber } from './arguments';
import { dataCommand } from './data-command';
import { runOptions } from './run-options';
import { simcse } from './simcse';
import { studyCommand, workerCommand } from './study-commands';
import { unify } from './unify';

// The options of every command, for which nothing of TensorFlow.js is loaded: --help is there at once. `actions.ts` has what the commands do.

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

const actions = () => import('./actions');

/** The whole command line. */
export const program = new Command('trainer')
  .description('Trains MMoLRE on a folder with label.csv and recordings, and keeps the best model in runs/<name>.')
  .version(programVersion(import.meta.url))
  .usage('[options] [command]')
  .argument('[command...]')
  .helpCommand(true)
  .optionsGroup('Model:')
  .addOption(new Option('--preset <name>', 'what to start from').choices(PRESET_NAMES).default('small'))
  .addOption(new Option('--variant <name>', 'what to make of the preset').choices(VARIANT_NAMES))
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
program.action(async (_, options) => {
  const isDefault = program.getOptionValueSource('preset') === 'default';
  await (await actions()).train({ ...options, isDefault, root, userPath });
});

program
  .enablePositionalOptions()
  .command('cost')
  .description('Counts parameters and multiply-adds of a configuration, and trains nothing.')
  .addOption(new Option('--preset <name>', 'what to start from').choices(PRESET_NAMES).default('small'))
  .addOption(new Option('--variant <name>', 'what to make of it; default: the whole model').choices(VARIANT_NAMES))
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
  .action(async (options) => (await actions()).cost({ ...options, userPath }));

readOptions(program.command('experts'))
  .description('Prints which shared experts a trained run uses for the samples of a split.')
  .option('--run <folder>', 'folder of a trained run', userPath, join(root, 'runs/latest'))
  .option('--data <folder>', 'folder with label.csv; default: the one the run was trained on', userPath)
  .addOption(new Option('--split <name>', 'samples to look at').choices(SPLITS).default('valid'))
  .option('--prune <folder>', 'write the run without the experts that none of these samples selects', userPath)
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .option('--json', 'print one JSON object on standard output')
  .action(async (options) => (await actions()).experts(options));

readOptions(program.command('variants'))
  .description('Trains every variant with every seed, one after another, and writes a table of their results.')
  .option('--variants <list>', 'some of them, such as mmolre,pre-fusion', variantList, [...VARIANT_NAMES])
  .option('--seeds <list>', 'one run each', seedList, [1, 2, 3])
  .addOption(new Option('--preset <name>', 'what to start from').choices(PRESET_NAMES).default('quick'))
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
  .action(async (options) => (await actions()).variants({ ...options, root, userPath }));

program
  .command('adapters')
  .description("Writes what a run's encoders with lora have learnt: adapters that Python's peft reads.")
  .argument('<run>', 'its folder', userPath)
  .argument('<folder>', 'where they go, into text and audio', userPath)
  .option('--merged', 'write whole checkpoints, which transformers reads')
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .action(async (run, folder, options) => (await actions()).adapters(run, folder, options));

program
  .command('verify')
  .description('Holds every checkpoint of a run against its hashes, and changes nothing.')
  .argument('<run>', 'its folder', userPath)
  .option('--json', 'print one JSON object on standard output')
  .action(async (run, options) => (await actions()).verify(run, options));

program.addCommand(dataCommand(userPath));
program.addCommand(simcse(userPath, root));
program.addCommand(studyCommand(userPath, root));
program.addCommand(unify(userPath));
program.addCommand(workerCommand(userPath, root));
