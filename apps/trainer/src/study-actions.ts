import { basename, join, resolve } from 'node:path';
import type { VariantName } from '@mmolre/model';
import { toTerminal } from '@mmolre/report';
import {
  giveOrder,
  labelOf,
  type Order,
  performStudy,
  performTrial,
  planStudy,
  readOrder,
  readPlan,
  readResults,
  readStudy,
  requeue,
  type StudyPlan,
  slurmScript,
  stateLine,
  type TrialResult,
  writePlan,
  writeResults,
} from '@mmolre/studies';
import type { WorkerOptions } from '@mmolre/studies/queue';
import { type PresetName, undefinedAsNull } from '@mmolre/training';
import { log } from './progress';
import { shippedFile } from './shipped-studies';
import { stopOnSignal } from './stop-on-signal';

// What the commands of `study` and `worker` do, with their options.

type PlanGiven = {
  preset?: PresetName;
  variant?: VariantName;
  data?: string;
  set: string[];
  seeds?: number[];
  saveEvery?: number;
  runs: string;
  userPath: (path: string) => string;
  root: string;
};

const trainer = () => process.argv[1]!;
const print = (text: string) => void process.stdout.write(text);

async function planOf(given: string, { runs, saveEvery, userPath, root, ...overrides }: PlanGiven) {
  const study = readStudy(shippedFile(given) ?? userPath(given), overrides);
  const plan = await planStudy(study, { file: given, root, userFolder: userPath('.'), saveEvery, log });
  const folder = join(runs, study.name);
  await writePlan(folder, plan);
  return { folder, plan };
}

type TrainGiven = PlanGiven & { atOnce: number; redis?: string; json?: boolean };

export async function train(file: string, { atOnce, redis, json, ...given }: TrainGiven): Promise<void> {
  const stop = stopOnSignal(log);
  const { folder, plan } = await planOf(file, given);
  log(`${plan.trials.length} trials in ${folder}`);
  await giveOrder(folder, 'run');
  const done = redis
    ? await (await import('@mmolre/studies/queue')).queueStudy(folder, plan, { redis, signal: stop.signal, log })
    : await performStudy(folder, plan, { atOnce, trainer: trainer(), signal: stop.signal, log });
  await showResults(folder, plan, json);
  if (stop.signal.aborted) process.exitCode = stop.exitCode();
  else if (!done || (await readResults(folder, plan)).some(({ state }) => state.state === 'failed'))
    process.exitCode = 1;
}

export async function status(folder: string, { json }: { json?: boolean }): Promise<void> {
  await showResults(folder, await readPlan(folder), json);
  const order = await readOrder(folder);
  if (order !== 'run') log(`the study is ${order === 'pause' ? 'paused' : 'cancelled'}`);
}

export async function give(folder: string, order: Order): Promise<void> {
  await readPlan(folder); // it is one
  await giveOrder(folder, order);
}

export async function giveAnotherChance(folder: string): Promise<void> {
  log(`${await requeue(folder)} trials have another chance`);
}

export async function slurm(file: string, { atOnce, ...given }: PlanGiven & { atOnce: number }): Promise<void> {
  const { folder, plan } = await planOf(file, given);
  print(slurmScript(plan, { command: [process.execPath, trainer()], folder, atOnce }));
}

export async function trial(folder: string, number: number): Promise<void> {
  const plan = await readPlan(folder);
  const one = plan.trials[number - 1];
  if (!one) throw new Error(`${folder}: expected a trial of 1 to ${plan.trials.length}, found ${number}`);
  const stop = stopOnSignal(log);
  const state = await performTrial(folder, plan, one, { trainer: trainer(), signal: stop.signal, log });
  log(`${labelOf(one)}: ${stateLine(state)}`);
  process.exitCode = state.state === 'failed' ? 1 : stop.exitCode();
}

export async function work(given: Omit<WorkerOptions, 'trainer' | 'signal' | 'log'>): Promise<void> {
  const stop = stopOnSignal(log);
  const { serveTrials } = await import('@mmolre/studies/queue');
  await serveTrials({ ...given, trainer: trainer(), signal: stop.signal, log });
  process.exitCode = stop.exitCode();
}

/** Writes what a study has come to, and prints a line a trial. */
async function showResults(folder: string, plan: StudyPlan, json = false): Promise<void> {
  const results = await readResults(folder, plan);
  const page = await writeResults(folder, plan, log);
  if (json) for (const one of results) print(`${JSON.stringify(shownResult(one), undefinedAsNull)}\n`);
  else {
    const rows = results.map(({ trial, state, epochs, best }) => [
      labelOf(trial),
      stateLine(state),
      `${epochs}`,
      best?.toFixed(3) ?? '',
    ]);
    print(toTerminal([{ table: { head: ['trial', 'state', 'epochs', `valid ${plan.metric}`], rows } }]));
  }
  log(`${basename(folder)}: ${page}`);
}

const shownResult = ({ trial: { id, setting, seed }, state, epochs, best, result, run }: TrialResult) => ({
  ...{ trial: id, setting, seed, state: state.state, reason: state.reason, epochs, best },
  ...{ test: result?.test, run: resolve(run) },
});
