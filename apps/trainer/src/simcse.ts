import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BACKEND_NAMES, requestedBackend, useBackend } from '@mmolre/backend';
import { POOLINGS, withUserPath } from '@mmolre/encoders';
import { MINILM, simcseDefaults } from '@mmolre/label-unification';
import { readOptions } from '@mmolre/label-unification/command';
import { freeName } from '@mmolre/training';
import { Command, Option } from 'commander';
import { above0, integer, wholeNumber } from './arguments';
import { log } from './progress';
import { backendFacts, runOptions } from './run-options';
import { simcseRun } from './run-simcse';
import { stopOnSignal } from './stop-on-signal';

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
  return readOptions(runOptions(command)).action(async ({ backend, new: isNew, ...options }) => {
    const stop = stopOnSignal(log);
    const chosen = await useBackend({ backend: backend ?? requestedBackend(), log, install: true });
    const out = isNew ? freeName(options.out, existsSync) : options.out;
    const goesOn = goesOnWith({ ...options, isNew }, out);
    const done = await simcseRun({ ...options, out, goesOn, root, backend: backendFacts(chosen) }, stop.signal);
    if (!done) process.exitCode = stop.exitCode();
  });
}

function goesOnWith({ force, isNew }: { force?: boolean; isNew?: boolean }, out: string): string {
  if (isNew) return `it goes on by --out ${out} without --new`;
  return force ? 'it goes on by the same command without --force' : 'the same command goes on';
}
