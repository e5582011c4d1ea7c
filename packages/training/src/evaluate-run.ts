import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSimpleModels } from '@mmolre/baselines';
import { type Dataset, isAsPublished, NUM_EMOTIONS, type ReadOptions, type Split, samplesOf } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { writeFileSafely } from '@mmolre/files';
import { datasetWithUnifiedLabels, EVALUATION_WARNING } from '@mmolre/label-unification';
import { type Example, evaluate, type Prediction } from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import { type EvaluationFacts, evaluationReport } from '@mmolre/report';
import { decoded } from './decoded';
import { readForRun } from './folds';
import { type PassOptions, predictPasses } from './part-passes';
import { partFacts } from './part-scores';
import { predictionsCsv } from './predictions-csv';
import { tellingUtterances } from './report/spoken';
import { writeReport } from './report/write-report';
import { readOptions, readsOf } from './run-config';
import { RUN_FILES, runFile } from './run-layout';
import { type RunRecord, readRecord, recordLine } from './run-record';
import { simpleRows } from './simple-rows';
import { loadTrainedRun } from './trained-run';
import { undefinedAsNull } from './undefined-as-null';

export type EvaluateOptions = ReadOptions & {
  /** Folder of a trained run. */ run: string;
  /** Folder with label.csv; the run's own if left out. */ data?: string;
  /** Where metrics.json and predictions.csv go; `<run>/evaluation` if left out. */ out?: string;
  split: Split;
  /** Hears how many predictions are made, of how many, and of which pass. */
  onProgress: PassOptions['onProgress'];
  /** Takes a line about what is done, such as fetching a model. */ log: (line: string) => void;
};

/** What an evaluation found: the content of `metrics.json`, and where that is. */
export type EvaluatedRun = Omit<EvaluationFacts, 'made'> & {
  run: string;
  split: Split;
  out: string;
  /** The page of its report; undefined of a model alone. */ page?: string | undefined;
  /** What the run says of itself; undefined of a model alone. */ made: RunRecord | undefined;
};

/** Scores a split with a trained run and writes `metrics.json`, `predictions.csv` and the run's report, which is beside them where `out` is given. */
export async function evaluateRun(options: EvaluateOptions): Promise<EvaluatedRun> {
  const { run, model, config, thresholds, baselines } = await loadTrainedRun(options.run, {
    log: options.log,
    isPacked: true,
  });
  const record = await readRecord(run);
  const { tasks } = config.model;
  const data = options.data ?? config.data;
  const reading = readOptions(config, options);
  const dataset = await readForRun(data, config, reading);
  const isOwn = config.labelsInEvaluation && data === config.data;
  const labelled = isOwn ? await withLabelsOf(run, dataset) : dataset;
  const samples = samplesOf(labelled, options.split);
  const recordings = new Map(samples.map(({ id, recording }) => [id, recording]));
  const decodedSamples = await decoded(labelled, samples, reading, options.log);
  const examples = decodedSamples.map((sample) => ({ ...sample, recording: recordings.get(sample.id) }));
  const passes = predictPasses(model, examples, { ablate: config.training.ablate, onProgress: options.onProgress });
  const predictions = passes.whole;
  disposeParams(model.params);
  const same = {
    ...(tasks.includes('sentiment') && { sentiment: baselines.sentiment }),
    ...(thresholds && { emotions: new Array<number>(NUM_EMOTIONS).fill(0) }),
  };
  const always: Prediction[] = examples.map(({ id }) => ({ id, ...same }));
  const out = options.out ?? runFile(run, 'evaluation');
  const evaluated: EvaluatedRun = {
    run,
    data,
    corpus: dataset.corpus && isAsPublished(dataset.corpus, options.split, samples.length) ? dataset.corpus : undefined,
    split: options.split,
    count: examples.length,
    model: evaluate(examples, predictions, thresholds),
    baselines: evaluate(
      examples,
      always,
      thresholds?.map(() => 0.5),
    ),
    parts: partFacts({ examples, passes, tasks, thresholds }),
    reads: readsOf(config),
    simple: await simpleRowsOf(run, examples, options.log),
    made: record,
    warning: config.labelsInEvaluation ? `labelsInEvaluation: ${EVALUATION_WARNING}` : undefined,
    out,
  };
  await writeFileSafely(join(out, 'predictions.csv'), predictionsCsv(examples, predictions, thresholds));
  await writeFileSafely(join(out, 'metrics.json'), `${metricsJson(evaluated, 2)}\n`);
  const page = await writeReport(run, config, {
    ...(options.out !== undefined && { folder: join(out, RUN_FILES.report) }),
    evaluated: {
      results: evaluationReport(evaluationFacts(evaluated)),
      utterances: tellingUtterances({ examples, predictions, thresholds }),
    },
  });
  return { ...evaluated, page };
}

/** Undefined of a run that has none. */
async function simpleRowsOf(run: string, examples: readonly Example[], log: (line: string) => void) {
  const path = runFile(run, 'simpleModels');
  if (!existsSync(path)) return undefined;
  return simpleRows(await readSimpleModels(path), examples, { find: findPlace, log });
}

/** The data set with the labels that the run was validated and tested with. */
async function withLabelsOf(run: string, dataset: Dataset): Promise<Dataset> {
  return (await datasetWithUnifiedLabels(dataset, runFile(run, 'labels'), { evaluation: true })).dataset;
}

/** What is shown of it. */
export const evaluationFacts = ({ made, ...facts }: EvaluatedRun): EvaluationFacts => ({
  ...facts,
  made: made && recordLine(made),
});

/** The content of `metrics.json`. */
export function metricsJson({ model, out: _, page: __, ...rest }: EvaluatedRun, indent?: number): string {
  return JSON.stringify({ ...model, ...rest }, undefinedAsNull, indent);
}
