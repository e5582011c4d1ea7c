import { existsSync } from 'node:fs';
import { type BackendName, hardwareLine, requestedBackend, useBackend } from '@mmolre/backend';
import type { SpaceMeasures } from '@mmolre/label-unification';
import { codeFacts, freeName, runSimcse, type SimcseReport, type SimcseRunOptions } from '@mmolre/training';
import { log, startProgress } from './progress';
import { backendFacts } from './run-options';
import { stopOnSignal } from './stop-on-signal';

type SimcseArguments = Omit<SimcseRunOptions, 'session' | 'log' | 'startProgress' | 'signal'> & {
  json?: boolean;
  root: string;
};
type SimcseGiven = Omit<SimcseArguments, 'backend' | 'goesOn'> & { backend?: BackendName; new?: boolean };

/** What `simcse` does, with its options. */
export async function simcseCommand({ backend, new: isNew, ...options }: SimcseGiven): Promise<void> {
  const stop = stopOnSignal(log);
  const asked = backend ?? requestedBackend();
  const chosen = await useBackend({ ...(asked && { backend: asked }), log, install: true });
  const out = isNew ? freeName(options.out, existsSync) : options.out;
  const goesOn = goesOnWith({ ...options, isNew }, out);
  const done = await simcseRun({ ...options, out, goesOn, backend: backendFacts(chosen) }, stop.signal);
  if (!done) process.exitCode = stop.exitCode();
}

function goesOnWith({ force, isNew }: { force?: boolean; isNew?: boolean }, out: string): string {
  if (isNew) return `it goes on by --out ${out} without --new`;
  return force ? 'it goes on by the same command without --force' : 'the same command goes on';
}

/** Trains, or goes on, and prints what it did. @returns Whether it came to its end. */
async function simcseRun({ json, root, ...options }: SimcseArguments, signal: AbortSignal): Promise<boolean> {
  const session = { command: process.argv.slice(2), machine: hardwareLine([]), code: codeFacts(root) };
  const report = await runSimcse({ ...options, session, log, startProgress, signal });
  if (!report) return false;
  process.stdout.write(json ? `${JSON.stringify({ ...report, out: options.out })}\n` : table(report, options.out));
  return true;
}

function table({ steps, kind, before, after }: SimcseReport, out: string): string {
  const pairs = kind === 'supervised' ? 'premise and entailment' : 'a text under two draws of dropout';
  const line = (name: string, of: string, key: keyof Omit<SpaceMeasures, 'count'>) =>
    `${name} ${before[key].toFixed(3)} -> ${after[key].toFixed(3)} (${of}; lower is better)\n`;
  return (
    line('alignment ', pairs, 'alignment') +
    line('uniformity', `${before.count} ${kind === 'supervised' ? 'premises' : 'texts'}`, 'uniformity') +
    `${steps} steps; the model is in ${out}/model\n`
  );
}
