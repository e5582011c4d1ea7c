import { hardwareLine } from '@mmolre/backend';
import type { SpaceMeasures } from '@mmolre/label-unification';
import { codeFacts, runSimcse, type SimcseReport, type SimcseRunOptions } from '@mmolre/training';
import { log, startProgress } from './progress';

export type SimcseArguments = Omit<SimcseRunOptions, 'session' | 'log' | 'startProgress' | 'signal'> & {
  json?: boolean;
  root: string;
};

/** Trains, or goes on, and prints what it did. @returns Whether it came to its end. */
export async function simcseRun({ json, root, ...options }: SimcseArguments, signal: AbortSignal): Promise<boolean> {
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
