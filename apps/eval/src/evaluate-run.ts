import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { createAudioCache, EMOTIONS, readLabelFolder, type Split, withRecordings } from '@mmolre/datasets';
import {
  type Evaluation,
  type Example,
  evaluate,
  loadModel,
  type Prediction,
  predict,
  writeFileSafely,
} from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import { predictionsCsv } from './predictions-csv';

export type EvaluateOptions = {
  /** Folder of a trained run. */ run: string;
  /** Folder with label.csv; the run's own if left out. */ data?: string;
  /** Where metrics.json and predictions.csv go; `<run>/evaluation` if left out. */ out?: string;
  split: Split;
  onProgress: (done: number, total: number) => void;
  /** Takes a line about what is done, such as fetching a model. */ log: (line: string) => void;
};

export type Report = {
  run: string;
  data: string;
  split: Split;
  count: number;
  model: Evaluation;
  /** Always the training median for sentiment, always the training majority for emotion. */ baselines: Evaluation;
  out: string;
};

/** Scores a split with a trained run and writes `metrics.json` and `predictions.csv`. */
export async function evaluateRun(options: EvaluateOptions): Promise<Report> {
  const run = existsSync(options.run) ? realpathSync(options.run) : options.run;
  const { model, config } = await loadModel(run, { log: options.log });
  const { tasks } = config.model;
  const thresholds = tasks.includes('emotion') ? readJson<number[]>(join(run, 'thresholds.json')) : undefined;
  const baseline = readJson<{ sentiment: number; emotions: number[] }>(join(run, 'baselines.json'));
  const data = options.data ?? config.data;
  const samples = (await readLabelFolder(data))[options.split];
  if (samples.length === 0)
    throw new Error(`${join(data, 'label.csv')}: no row with mode ${options.split}; expected at least one`);

  const examples: Example[] = await withRecordings(samples, createAudioCache());
  const { predictions } = predict(model, examples, {
    batchSize: 64,
    ablate: config.training.ablate,
    onProgress: (done) => options.onProgress(done, examples.length),
  });
  disposeParams(model.params);
  const { sentiment, emotions } = baseline;
  const same = { ...(tasks.includes('sentiment') && { sentiment }), ...(thresholds && { emotions }) };
  const always: Prediction[] = examples.map(({ id }) => ({ id, ...same }));
  const report: Report = {
    run,
    data,
    split: options.split,
    count: examples.length,
    model: evaluate(examples, predictions, thresholds, EMOTIONS),
    baselines: evaluate(
      examples,
      always,
      thresholds?.map(() => 0.5),
      EMOTIONS,
    ),
    out: options.out ?? join(run, 'evaluation'),
  };
  await writeFileSafely(join(report.out, 'predictions.csv'), predictionsCsv(examples, predictions, thresholds));
  await writeFileSafely(join(report.out, 'metrics.json'), `${metricsJson(report, 2)}\n`);
  return report;
}

/** The content of `metrics.json`; an undefined metric, and a task that the model does not have, is null. */
export function metricsJson({ model, out: _, ...rest }: Report, indent?: number): string {
  return JSON.stringify({ ...model, ...rest }, (_key, value) => (value === undefined ? null : value), indent);
}

function readJson<T>(path: string): T {
  if (!existsSync(path)) throw new Error(`${path}: not found; expected the folder of a run that the trainer finished`);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`${path}: expected JSON, found something else (cut short?)`);
  }
}
