import { basename, join } from 'node:path';
import type { BackendName } from '@mmolre/backend';
import { isAddress, type Pooling } from '@mmolre/encoders';
import { findModel, loadText, saveText } from '@mmolre/encoders/node';
import { replaceFolder, writeFileSafely } from '@mmolre/files';
import {
  MINILM,
  measureSpace,
  readSimcseData,
  type SimcseData,
  type SpaceMeasures,
  simcseMaxTokens,
  trainSimcse,
} from '@mmolre/label-unification';
import { disposeParams, trainable } from '@mmolre/nn';
import type { Progress } from '@mmolre/training';
import { checkReplaceable } from './check-replaceable';
import { log, startProgress } from './progress';
import { stopOnSignal } from './stop-on-signal';

export type SimcseArguments = {
  data: string;
  model: string;
  pooling?: Pooling;
  epochs: number;
  maxSteps?: number;
  seed: number;
  batch: number;
  lr: number;
  temperature: number;
  maxTokens?: number;
  out: string;
  backend?: BackendName;
  json?: boolean;
};

/** What the command adds to a model's folder: the settings and the figures. */
const REPORT = 'simcse.json';

/** @returns The exit code: 0, or that of the signal which stopped it; then what was trained so far is written. */
export async function runSimcse(options: SimcseArguments): Promise<number> {
  const { data: path, out, seed, json } = options;
  const { data, measured, measuredOn } = await readSimcseData(path);
  const source = await folderOf(options.model);
  checkReplaceable(out, { marker: REPORT, input: source });
  const model = await loadText(source);
  model.params = trainable(model.params);
  const pooling = options.pooling ?? defaultPooling(options.model, data);
  const maxTokens = options.maxTokens ?? simcseMaxTokens(model.config);
  const measure = () => measureSpace(model, measured, { pooling, maxTokens, seed });
  const before = measure();
  log(`${describe(data)}, pooling ${pooling}; measured on ${before.count} of ${measuredOn}`);

  const stop = stopOnSignal(log);
  const started = Date.now();
  let progress: Progress | undefined;
  const result = await trainSimcse(model, data, {
    pooling,
    maxTokens,
    seed,
    epochs: options.epochs,
    maxSteps: options.maxSteps,
    batchSize: options.batch,
    learningRate: options.lr,
    temperature: options.temperature,
    signal: stop.signal,
    onStep({ step, steps, loss }) {
      progress ??= startProgress('training', steps, 'steps');
      progress.update(step, `loss ${loss.toFixed(4)}`);
    },
  }).finally(() => progress?.stop());
  const seconds = Math.round((Date.now() - started) / 1000);
  const { stopped, steps } = result;
  if (stopped === 'interrupted' && steps === 0) {
    log('stopped before the first step; nothing is written');
    return stop.exitCode();
  }
  const after = measure();
  const settings = {
    model: isAddress(options.model) ? options.model : basename(options.model),
    data: basename(path),
    kind: data.kind,
    pooling,
    seed,
    epochs: options.epochs,
    maxSteps: options.maxSteps ?? null,
    batchSize: options.batch,
    learningRate: options.lr,
    temperature: options.temperature,
    maxTokens,
  };
  const report = { ...settings, stopped, steps, seconds, measuredOn, before, after };
  await replaceFolder(out, async (folder) => {
    await saveText(folder, model);
    await writeFileSafely(join(folder, REPORT), `${JSON.stringify(report, null, 2)}\n`);
  });
  disposeParams(model.params);
  process.stdout.write(json ? `${JSON.stringify({ ...report, out })}\n` : table(report, out));
  return stopped === 'interrupted' ? stop.exitCode() : 0;
}

/** The model's folder; fetched where it is not there yet. */
function folderOf(model: string): Promise<string> {
  let shown = '';
  const onProgress = (file: string, _: number, total: number) => {
    if (file !== shown) log(`fetching ${file} (${(total / 1e6).toFixed(1)} MB)`);
    shown = file;
  };
  return findModel(model, { log, onProgress });
}

const describe = (data: SimcseData) =>
  data.kind === 'supervised'
    ? `supervised: ${data.triplets.length} triplets`
    : `unsupervised: ${data.texts.length} different texts`;

function defaultPooling(model: string, { kind }: SimcseData): Pooling {
  if (model === MINILM) return 'mean';
  return kind === 'supervised' ? 'pooler' : 'first';
}

type Report = { steps: number; seconds: number; kind: SimcseData['kind']; before: SpaceMeasures; after: SpaceMeasures };

function table({ steps, seconds, kind, before, after }: Report, out: string): string {
  const pairs = kind === 'supervised' ? 'premise and entailment' : 'a text under two draws of dropout';
  const line = (name: string, of: string, key: 'alignment' | 'uniformity') =>
    `${name} ${before[key].toFixed(3)} -> ${after[key].toFixed(3)} (${of}; lower is better)\n`;
  return (
    line('alignment ', pairs, 'alignment') +
    line('uniformity', `${before.count} ${kind === 'supervised' ? 'premises' : 'texts'}`, 'uniformity') +
    `${steps} steps in ${seconds} s: ${out}\n`
  );
}
