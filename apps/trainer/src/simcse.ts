import { join } from 'node:path';
import { BACKEND_NAMES } from '@mmolre/backend/command-line';
import { POOLINGS, withUserPath } from '@mmolre/encoders/command-line';
import { MINILM, readOptions, simcseDefaults } from '@mmolre/label-unification/command';
import { Command, Option } from 'commander';
import { above0, integer, wholeNumber } from './arguments';
import { runOptions } from './run-options';

/**
 * `simcse`: trains a sentence encoder as a run, and writes it as a Hugging Face model.
 *
 * @param userPath Makes a path that a user wrote absolute.
 * @param root Of the repository.
 */
export function simcse(userPath: (path: string) => string, root: string): Command {
  const command = new Command('simcse')
    .description(
      'Trains a sentence encoder by SimCSE: a text near itself (or what follows from it), far from other texts.',
    )
    .requiredOption(
      '--data <path>',
      "a data set's folder or a .txt file (unsupervised), or a .csv file of premise, entailment, contradiction",
      userPath,
    )
    .option(
      '--model <name>',
      `what to start from: a folder, hf:owner/name, or ${MINILM}`,
      (source: string) => withUserPath(source, userPath),
      MINILM,
    )
    .addOption(
      new Option(
        '--pooling <name>',
        `how a text's vector is read; default: mean for ${MINILM}, else first without supervision and pooler with it`,
      ).choices(POOLINGS),
    )
    .option('--epochs <number>', 'passes over the data', wholeNumber, simcseDefaults.epochs)
    .option('--max-steps <number>', 'end after so many steps', wholeNumber)
    .option('--seed <number>', 'decides the order and dropout', integer, 1)
    .option('--batch <number>', 'texts, or triplets, a step', wholeNumber, simcseDefaults.batchSize)
    .option('--lr <number>', 'largest learning rate', above0, simcseDefaults.learningRate)
    .option('--temperature <number>', 'that cosines are divided by', above0, simcseDefaults.temperature)
    .option('--max-tokens <number>', 'that a text is cut at; default: 32', wholeNumber)
    .option('--out <folder>', "the run's folder; the model is in model/ below it", userPath, join(root, 'runs/simcse'))
    .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(BACKEND_NAMES))
    .option('--json', 'print the result as one JSON object on standard output')
    .showHelpAfterError('(--help lists every option)');
  return readOptions(runOptions(command)).action(async (options) =>
    (await import('./run-simcse')).simcseCommand({ ...options, root }),
  );
}
