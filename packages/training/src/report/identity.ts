import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { readJson } from '@mmolre/files';
import type { Fact } from '@mmolre/report';
import { runFile } from '../run-layout';
import { type RunRecord, trainedIn } from '../run-record';
import type { Finished } from '../run-result';

/** What a run is, with where each value comes from. @param address Of `run.json`, from where it is told. */
export function identityFacts(run: string, record: RunRecord, address: string): Fact[] {
  const { seed, dataFolder, identity, sessions } = record;
  const { name, version, device, threads } = identity.backend;
  const last = sessions.at(-1);
  const commits = [...new Set(sessions.map(({ code }) => code.commit ?? 'not known'))];
  return [
    ['run', basename(run), address],
    ['seed', `${seed}`, address],
    ['commit', commits.join(', then '), address],
    ['data', `SHA-256 ${identity.data}`, address],
    ['data folder', dataFolder],
    ['computed by', `${name} (${version}), ${device}, ${threads} thread${threads === 1 ? '' : 's'}`],
    ['precision', precisionFact(record)],
    ...(last ? ([['machine', last.machine]] as const) : []),
    ...(sessions[0] ? ([['begun', sessions[0].start]] as const) : []),
  ];
}

/** Of matrix products. */
export function precisionFact(record: RunRecord): string {
  const precision = trainedIn(record);
  return precision === 'float32' ? precision : `${precision} in training, float32 in evaluation`;
}

/** How far a run is, in a line. @param step The last that its log has. */
export async function stateOf(run: string, step: number): Promise<string> {
  if (!existsSync(runFile(run, 'finished')))
    return `Not trained to its end: ${step} steps up to now. This page is written anew after each epoch.`;
  const { steps, seconds, bestEpoch, stopped } = (await readJson(runFile(run, 'finished'))) as Finished;
  return `Trained: ${steps} steps in ${seconds} s, best epoch ${bestEpoch} (${stopped}).`;
}
