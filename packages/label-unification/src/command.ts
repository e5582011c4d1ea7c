import { resolve } from 'node:path';
import { BACKEND_NAMES } from '@mmolre/backend/command-line';
import { SPLITS, type Split } from '@mmolre/datasets/command-line';
import { POOLINGS, withUserPath } from '@mmolre/encoders/command-line';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_MODEL, MINILM } from './models';
import { type IndexChoice, parseIndex } from './search/index-choice';
import { type SourceFolder, sourceFolder } from './source-folder';
import type { Rule } from './unify-labels';

// Nothing of TensorFlow.js is behind it before a command is run.

export { MINILM } from './models';
export { simcseDefaults } from './simcse/simcse-defaults';

const RULES: readonly Rule[] = ['mmolre', 'unimse'];

/**
 * `unify`: emotions for a data set that has none. `unify check`: how well that works on data that has them.
 *
 * @param userPath Makes a path that a user wrote absolute.
 */
export function unifyCommand(name: string, userPath: (path: string) => string = (path) => resolve(path)): Command {
  const command = withCommon(new Command(name), userPath)
    .description(
      'Gives the training samples of a data set the emotions of the most similar samples, of the same polarity, of data sets that have them.',
    )
    .option('--targets <folder>', 'the data set that is to get emotions, in any known layout; needed', userPath)
    .option('--evaluation-splits', 'label validation and test samples too: such labels know the gold polarity')
    .option('--out <file.csv>', 'the labels, each with its source', userPath, userPath('unified.csv'))
    .option('--report <file.html>', 'counts, similarities, the least certain; default: beside the labels', userPath)
    .enablePositionalOptions()
    .showHelpAfterError('(--help lists every option)')
    .action(async (options) => (await import('./run-unify')).runUnify(options));
  withCommon(command.command('check'), userPath)
    .description('Finds emotions for samples that have them, and compares; beside two ways that read no text.')
    .option('--targets <folder>', 'a data set with emotions; may be a source too; needed', userPath)
    .addOption(new Option('--target-split <name>', 'samples to find emotions for').choices(SPLITS).default('valid'))
    .action(async (options) => (await import('./run-unify')).runCheck(options));
  return command;
}

function withCommon(command: Command, userPath: (path: string) => string): Command {
  const source = (text: string, all: SourceFolder[] = []) => {
    const { name, folder } = sourceFolder(text);
    return [...all, { name, folder: userPath(folder) }];
  };
  return readOptions(command)
    .option('--source <[name=]folder>', 'a data set with emotions; needed, may be repeated', source)
    .option('--source-splits <list>', 'search only these, such as train; default: all', splitList)
    .option(
      '--model <name>',
      `a folder, hf:owner/name, or ${MINILM}: a small one that pip can fetch`,
      (source: string) => withUserPath(source, userPath),
      DEFAULT_MODEL,
    )
    .addOption(
      new Option('--pooling <name>', `how a text's vector is read; default: pooler, and mean for ${MINILM}`).choices(
        POOLINGS,
      ),
    )
    .addOption(new Option('--rule <name>', 'whose procedure').choices(RULES).default('mmolre'))
    .option('--top <number>', 'so many of the nearest vote', wholeNumber, 1)
    .option('--threshold <cosine>', 'targets without a source so similar stay without a label', cosineNumber)
    .addOption(
      new Option('--index <where>', 'exact: in memory; on disk: lancedb=<folder> or lancedb-approximate=<folder>')
        .argParser((text) => argument(() => parseIndex(text, userPath)))
        .default({ kind: 'exact' } satisfies IndexChoice, 'exact'),
    )
    .option('--cache <folder>', "where texts' vectors are kept; default: in the user's cache folder", userPath)
    .option('--no-cache', 'keep no vectors')
    .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
    .option('--json', 'print one JSON object on standard output');
}

/** Adds how the files of data sets are read. */
export const readOptions = (command: Command): Command =>
  command
    .option('--max-lost <percent>', 'of the samples that may be lost to what cannot be read (default: 1)', percent)
    .option('--encoding <name>', 'of texts that are no UTF-8, such as windows-1252 or gbk')
    .option('--follow-links', 'follow symbolic links in the folder, also to other disks');

function percent(text: string): number {
  const value = /^\d+(\.\d+)? ?%?$/.test(text.trim()) ? Number.parseFloat(text) : Number.NaN;
  if (!(value <= 100)) throw new InvalidArgumentError(`expected per cent from 0 to 100, found ${text}`);
  return value;
}

function splitList(text: string): Split[] {
  return text.split(',').map((name) => {
    const split = SPLITS.find((known) => known === name);
    if (!split) throw new InvalidArgumentError(`expected some of ${SPLITS.join(',')}, found ${name}`);
    return split;
  });
}

function argument<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError(`expected a whole number above 0, found ${text}`);
  return Number(text);
}

function cosineNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= -1 && value <= 1)) throw new InvalidArgumentError(`expected a number from -1 to 1, found ${text}`);
  return value;
}
