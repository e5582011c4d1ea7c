import { CORPORA } from '@mmolre/datasets/command-line';
import { readOptions } from '@mmolre/label-unification/command';
import { Command, Option } from 'commander';
import { above0 } from './arguments';

const actions = () => import('./data-actions');

/**
 * `data inspect|validate|prepare <folder>`: checks a data set before it is trusted.
 *
 * @param userPath Makes a path that a user wrote absolute.
 */
export function dataCommand(userPath: (path: string) => string): Command {
  const command = new Command('data').description(
    'Says what a data set is and what is wrong with it, or makes it ready for training.',
  );
  const sub = (name: string, description: string) =>
    readOptions(command.command(name))
      .description(description)
      .argument('<folder>', 'the data set, in any known layout', userPath)
      .addOption(new Option('--corpus <name>', 'what it is taken for; default: found out').choices(CORPORA))
      .option('--json', 'print one JSON object on standard output');

  sub('inspect', 'Counts samples, labels and emotions beside the published counts; opens no recording.').action(
    async (folder, options) => (await actions()).inspect(folder, options),
  );
  sub('validate', 'Does that, and reads the header of each recording. Exit code 1 if there are errors.')
    .option('--deep', 'decode each recording')
    .option('--max-seconds <number>', 'longer recordings are errors', above0, 600)
    .action(async (folder, options) => (await actions()).validate(folder, options));
  sub(
    'prepare',
    'Makes a folder with label.csv, 16 kHz mono wav, a manifest with hashes and a list of what was left out.',
  )
    .option('--out <folder>', 'where; default: <folder>-prepared', userPath)
    .option('--max-seconds <number>', 'longer recordings are skipped', above0, 600)
    .action(async (folder, options) => (await actions()).prepare(folder, options));
  return command;
}
