import { DataError } from '@mmolre/files';
import { relativeFile } from './corpus-folder';
import { costOf, type Loss, MAX_LOST, type Problem, problem } from './problem';
import { type Corpus, checkLoss, type ReadOptions, readCorpus, refuseLoss } from './read-corpus';
import { type Sample, SPLITS, type Split } from './sample';
import { identifyCorpus } from './validate/identify';
import type { CorpusName } from './validate/published';
import { valueProblems } from './validate/values';

/** A data set to train on or to evaluate with: its samples by split, each in the order of its files. A split may be empty. */
export type Dataset = {
  folder: string;
  /** Which known data set it is, by its content; undefined if it is none. */
  corpus: CorpusName | undefined;
  /** What was lost, and what is worth a look. */
  warnings: Problem[];
  /** How much could not be read. */
  loss: Loss;
} & Record<Split, Sample[]>;

/**
 * Reads a data set in any known layout. A file, row or recording that cannot be read costs itself alone, and stands in `warnings`. Where
 * MOSEI's label file lies beside its label.csv, emotions are joined by time.
 *
 * @throws DataError if more is lost than `maxLost` per cent, if what is left would be wrong (a video in two splits, labels in another order),
 *   or if recordings are still inside videos or files like them.
 */
export async function readDataset(path: string, options: ReadOptions = {}): Promise<Dataset> {
  const corpus = await readCorpus(path, options);
  const { folder, problems } = corpus;
  const wrong = problems.find((found) => found.severity === 'error' && !costOf(found));
  if (wrong) throw new DataError(wrong.message, { kind: wrong.kind });
  const loss = checkLoss(corpus, options, true);
  const name = identifyCorpus(corpus);
  const samples = withoutLost(corpus);
  const inVideos = samples.filter(({ video }) => video);
  if (inVideos.length > 0) {
    throw new DataError(
      `${folder.shown}: the recordings of ${inVideos.length} samples are in files that are not read as they are, such as ${relativeFile(folder, inVideos[0]!.video!)}; make a folder with them as wav: data prepare, or prepareFolder`,
      { kind: 'missing-audio' },
    );
  }
  const dataset: Dataset = {
    folder: folder.root,
    corpus: name,
    warnings: [...problems, ...valueProblems(corpus, name)],
    loss,
    train: [],
    valid: [],
    test: [],
  };
  for (const sample of samples) dataset[sample.split].push(sample);
  return dataset;
}

/** The samples but those whose recording cannot be read. One that is meant to have none is kept. */
function withoutLost({ samples, problems }: Corpus): Sample[] {
  const lost = new Set(
    problems.filter((found) => costOf(found) === 'recording').map(({ file, line }) => `${file}:${line}`),
  );
  return samples.filter(
    ({ recording, video, origin }) => recording || video || !lost.has(`${origin?.file}:${origin?.line}`),
  );
}

/**
 * The data set without samples whose recordings turned out to be unreadable when they were decoded.
 *
 * @throws DataError if too much is lost with them.
 */
export function withoutUnreadable(
  dataset: Dataset,
  lost: ReadonlyMap<Sample, DataError>,
  { maxLost = MAX_LOST }: ReadOptions,
): Dataset {
  if (lost.size === 0) return dataset;
  const found = [...lost].map(([{ origin }, error]) =>
    problem(error.kind, origin?.file ?? '', origin?.line, error.message),
  );
  const loss = { ...dataset.loss, lost: dataset.loss.lost + lost.size };
  refuseLoss(found, maxLost, loss);
  const kept = (split: Split) => dataset[split].filter((sample) => !lost.has(sample));
  const splits = { train: kept('train'), valid: kept('valid'), test: kept('test') };
  return { ...dataset, ...splits, warnings: [...found, ...dataset.warnings], loss };
}

/** The samples of a split. @throws DataError if it has none. */
export function samplesOf(dataset: Dataset, split: Split): Sample[] {
  if (dataset[split].length > 0) return dataset[split];
  const found = SPLITS.map((name) => `${dataset[name].length} ${name}`).join(', ');
  throw new DataError(`${dataset.folder}: no sample of ${split}; expected at least one, found ${found}`);
}
