import { dirname, join, resolve } from 'node:path';
import { BACKEND_NAMES } from '@mmolre/backend/command-line';
import { SPLITS } from '@mmolre/datasets/command-line';
import { onClosedOutput } from '@mmolre/files';
import { readOptions } from '@mmolre/label-unification/command';
import { assertFolder, homeFolder, programVersion, refuseArguments } from '@mmolre/training/command-line';
import { Command, InvalidArgumentError, Option } from 'commander';

// The options of every command, for which nothing of TensorFlow.js is loaded: --help is there at once. `actions.ts` has what the commands do.

onClosedOutput((exitCode) => process.exit(exitCode));

const root = homeFolder(import.meta.url);
/** Paths that a user gives count from where the user stands; pnpm changes the folder and says so in INIT_CWD. */
const standing = process.env.INIT_CWD ?? process.cwd();
const userPath = (path: string) => resolve(standing, path);

const actions = () => import('./actions');

const program = new Command('eval')
  .description(
    'Evaluates a trained run: prints both tasks beside simple models, writes metrics.json, predictions.csv and a report to look at.',
  )
  .version(programVersion(import.meta.url))
  .usage('[options] [command]')
  .argument('[command...]')
  .option('--run <folder>', 'folder of a trained run', userPath, join(root, 'runs/latest'))
  .option('--data <folder>', 'folder with label.csv; default: the one the run was trained on', userPath)
  .option('--out <folder>', 'where the two files go; default: evaluation/ in the run', userPath)
  .addOption(new Option('--split <name>', 'rows to evaluate').choices(SPLITS).default('test'))
  .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
  .option('--json', 'print metrics.json on standard output instead of the tables')
  .showHelpAfterError('(--help lists every option)');

program.hook('preAction', (_, command) => {
  if (command === program) refuseArguments(program);
  const { run, data } = command.optsWithGlobals();
  if (command.name() !== 'compare') assertFolder(run, 'the folder of a trained run');
  if (data) assertFolder(data, 'a folder with a data set');
});

readOptions(program).action(async (_, options) => (await actions()).evaluate({ ...options, standing }));

program
  .command('predict')
  .description('What a trained run says of something that nobody labelled. --out is a CSV file here.')
  .configureHelp({ showGlobalOptions: true })
  .argument(
    '[source]',
    'a folder of recordings, or a CSV file with columns text and audio, or one of them, and id',
    userPath,
  )
  .option('--text <words>', 'what is said')
  .option('--audio <file>', 'how it is said: a wav, flac, mp3 or Ogg file', userPath)
  .action(async (source: string | undefined, _: unknown, command: Command) =>
    (await actions()).predict(source, { ...command.optsWithGlobals(), standing }),
  );

program
  .command('compare')
  .description(
    'Holds tested runs against the first: what differs, and whether it could be chance. Runs that differ in their seed alone are one model.',
  )
  .configureHelp({ showGlobalOptions: true })
  .argument('<runs...>', 'their folders', (run: string, all: string[] = []) => [...all, userPath(run)])
  .action(async (runs: string[], _: unknown, command: Command) => {
    const { json, out = join(dirname(runs[0]!), 'comparison') } = command.optsWithGlobals();
    await (await actions()).compare(runs, { json, out, standing });
  });

program
  .command('export')
  .description(
    'Writes a folder for any web server: the same page, whose model computes within the browser. --out names the folder.',
  )
  .configureHelp({ showGlobalOptions: true })
  .requiredOption('--web', 'a page; its weights have eight bits')
  .action(async (_: unknown, command: Command) => {
    const { run, out = join(run, 'web'), ...options } = command.optsWithGlobals();
    await (await actions()).exportPage({ ...options, run, out, standing });
  });

program
  .command('serve')
  .description('A page on which a trained run can be tried: type, speak, see what it says and why.')
  .configureHelp({ showGlobalOptions: true })
  .option('--host <name>', 'where to listen; other than this machine alone, everybody there may ask', '127.0.0.1')
  .option('--port <number>', 'on which port; 0: any that is free', portOf, 7860)
  .action(async (_: unknown, command: Command) => (await actions()).serve(command.optsWithGlobals()));

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a whole number of 0 .. 65535.');
  return port;
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`eval: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = 1;
}
