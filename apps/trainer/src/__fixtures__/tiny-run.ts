import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toneFile } from './tone';

// A run of a few seconds that has everything that a step can draw or keep: dropout, augmentation, modality dropout, selected experts, an average of
// the weights, gradients that are accumulated, a last batch that is smaller, and checkpoints within epochs.

const CONFIG = `
model:
  text: { numLayers: 1, numHeads: 2, width: 16, dropout: 0.1, maxTokens: 8, trainTable: false }
  audio: { maxSeconds: 0.3, numLayers: 1, numHeads: 2, width: 16, mel: { numBands: 8 }, convs: [{ kernel: 3, stride: 4 }] }
  unitse: { numBlocks: 1, ranks: [2, 3, 4], taskRank: 2, topK: 2 }
  fusion: { numLayers: 1, numHeads: 2, width: 16 }
  heads: { hidden: 8 }
  auxiliaryWeight: 0
training: { batchSize: 6, microBatch: 4, maxEpochs: 2, warmupSteps: 2 }
`;
/** Two epochs of three batches. */
export const TINY_STEPS = 6;

/** Writes `data` and `tiny.yaml` into a folder. */
export function writeTiny(folder: string): void {
  const audio = join(folder, 'data/audio');
  mkdirSync(audio, { recursive: true });
  const header = 'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio';
  const rows = Array.from({ length: 24 }, (_, i) => {
    const good = i % 2 === 0;
    writeFileSync(join(audio, `${i}.wav`), toneFile(8000, good ? 300 : 1200));
    const mode = i < 16 ? 'train' : i < 20 ? 'valid' : 'test';
    return `v${i},0,"a ${good ? 'wonderful' : 'terrible'} movie, number ${i}",${good ? 2 : -2},${mode},${good ? 1 : 0},0,${good ? 0 : 1},0,0,0,audio/${i}.wav`;
  });
  writeFileSync(join(folder, 'data/label.csv'), `${[header, ...rows].join('\n')}\n`);
  writeFileSync(join(folder, 'tiny.yaml'), CONFIG);
}

/** The arguments of the run of that name. */
export const tinyArguments = (name: string): string[] =>
  ['--preset', 'compact', '--data', 'data', '--config', 'tiny.yaml', '--runs', 'runs', '--name', name, '--save-every', '2'];

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stderr: string; lastLine: string };

/** Starts the built trainer as a user standing in that folder does. @param by What starts it, such as `ip netns exec one`. */
export function startTrainer(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  by: readonly string[] = [],
): { child: ChildProcess; ended: Promise<Ended> } {
  const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
  const [command, ...rest] = [...by, process.execPath, program, ...args];
  const child = spawn(command!, rest, {
    cwd: folder,
    env: { ...process.env, INIT_CWD: folder, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({
    code,
    signal,
    stderr,
    lastLine: stderr.trim().split('\n').at(-1) ?? '',
  }));
  return { child, ended };
}

/** What must be equal of two runs to the last bit, as hashes and numbers by name. */
export function resultOf(run: string): Record<string, unknown> {
  const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  const newest = join(run, 'checkpoints', checkpointsOf(run).at(-1)!);
  const files = (folder: string, ...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, hash(join(folder, name))]));
  const { position, adam, average, best } = JSON.parse(readFileSync(join(newest, 'training.json'), 'utf8'));
  return {
    best: files(join(run, 'best'), 'model.safetensors', 'thresholds.json', 'baselines.json', 'config.json'),
    newest: files(newest, 'model.safetensors', 'training.safetensors'),
    test: hash(join(run, 'test.json')),
    state: { position, adam, average, epoch: best.epoch, score: best.score },
    log: logOf(run),
  };
}

/** The names of the checkpoints of a run, in their order. */
export const checkpointsOf = (run: string): string[] =>
  readdirSync(join(run, 'checkpoints'))
    .filter((name) => /^\d+$/.test(name))
    .sort();

/** The lines of `metrics.jsonl` without times. */
export function logOf(run: string): object[] {
  const path = join(run, 'metrics.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  return lines.map((line) => {
    const { seconds: _, waitSeconds: __, ...rest } = JSON.parse(line);
    return rest;
  });
}
