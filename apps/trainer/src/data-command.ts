import {
  CORPORA,
  inspectFolder,
  isTooMuch,
  type Loss,
  MAX_LOST,
  prepareFolder,
  type ReadOptions,
  validateFolder,
} from '@mmolre/datasets';
import { readOptions } from '@mmolre/label-unification/command';
import { inspectionReport, toTerminal } from '@mmolre/report';
import type { Progress } from '@mmolre/training';
import { Command, Option } from 'commander';
import { above0 } from './arguments';
import { log, startProgress } from './progress';
import { type Stop, stopOnSignal } from './stop-on-signal';

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
    async (folder, { json, ...options }) => {
      const found = await inspectFolder(folder, options);
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : toTerminal(inspectionReport(found)));
      endIfLost(found.loss, options);
    },
  );

  sub('validate', 'Does that, and reads the header of each recording. Exit code 1 if there are errors.')
    .option('--deep', 'decode each recording')
    .option('--max-seconds <number>', 'longer recordings are errors', above0, 600)
    .action(async (folder, { json, ...options }) => {
      const { stop, onProgress, endProgress } = watched('recordings');
      const found = await validateFolder(folder, { ...options, signal: stop.signal, onProgress });
      endProgress();
      if (stop.signal.aborted) return stopped('stopped before every recording was read', stop);
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : toTerminal(inspectionReport(found)));
      if (found.problems.some(({ severity }) => severity === 'error')) process.exitCode = 1;
    });

  sub(
    'prepare',
    'Makes a folder with label.csv, 16 kHz mono wav, a manifest with hashes and a list of what was left out.',
  )
    .option('--out <folder>', 'where; default: <folder>-prepared', userPath)
    .option('--max-seconds <number>', 'longer recordings are skipped', above0, 600)
    .action(async (folder, { json, ...options }) => {
      const { stop, onProgress, endProgress } = watched('recordings');
      const result = await prepareFolder(folder, { ...options, signal: stop.signal, onProgress, log });
      endProgress();
      if (!result.finished) return stopped('stopped; the same command goes on from here', stop);
      const { out, samples, made, reused, skipped, loss } = result;
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
      else {
        process.stdout.write(
          `${out}: ${samples} samples; ${made} recordings made, ${reused} already there; ${skipped.length} skipped\n`,
        );
        if (skipped.length > 0) process.stdout.write(`what was skipped and why: ${out}/skipped.csv\n`);
      }
      endIfLost(loss, options);
    });
  return command;
}

/** Exit code 1 where nothing is left, or more is lost than `--max-lost`. */
function endIfLost(loss: Loss, { maxLost = MAX_LOST }: ReadOptions): void {
  const { lost, of } = loss;
  if (lost < of && !isTooMuch(loss, maxLost)) return;
  log(`${lost} of ${of} samples are lost; --max-lost allows ${maxLost} %`);
  process.exitCode = 1;
}

function stopped(message: string, stop: Stop): void {
  log(message);
  process.exitCode = stop.exitCode();
}

/** A progress bar, and what signals stop. */
function watched(unit: string) {
  let bar: Progress | undefined;
  return {
    stop: stopOnSignal(),
    onProgress: (done: number, total: number) => {
      bar ??= startProgress('data', total, unit);
      bar.update(done, '');
    },
    endProgress: () => bar?.stop(),
  };
}
