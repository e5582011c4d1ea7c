import {
  type InspectOptions,
  inspectFolder,
  isTooMuch,
  type Loss,
  MAX_LOST,
  type PrepareOptions,
  prepareFolder,
  type ReadOptions,
  validateFolder,
} from '@mmolre/datasets';
import { inspectionReport, toTerminal } from '@mmolre/report';
import type { Progress } from '@mmolre/training';
import { log, startProgress } from './progress';
import { type Stop, stopOnSignal } from './stop-on-signal';

// What the commands of `data` do, with their options.

type Given = ReadOptions & { json?: boolean };

export async function inspect(folder: string, { json, ...options }: InspectOptions & Given): Promise<void> {
  const found = await inspectFolder(folder, options);
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : toTerminal(inspectionReport(found)));
  endIfLost(found.loss, options);
}

type ValidateArguments = Omit<NonNullable<Parameters<typeof validateFolder>[1]>, 'signal' | 'onProgress'> & Given;

export async function validate(folder: string, { json, ...options }: ValidateArguments): Promise<void> {
  const { stop, onProgress, endProgress } = watched('recordings');
  const found = await validateFolder(folder, { ...options, signal: stop.signal, onProgress });
  endProgress();
  if (stop.signal.aborted) return stopped('stopped before every recording was read', stop);
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : toTerminal(inspectionReport(found)));
  if (found.problems.some(({ severity }) => severity === 'error')) process.exitCode = 1;
}

type PrepareArguments = Omit<PrepareOptions, 'signal' | 'onProgress' | 'log'> & Given;

export async function prepare(folder: string, { json, ...options }: PrepareArguments): Promise<void> {
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
