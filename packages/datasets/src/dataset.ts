import { DataError } from '@mmolre/files';
import { relativeFile } from './corpus-folder';
import type { Problem } from './problem';
import { readStrictly } from './read-corpus';
import { type Sample, SPLITS, type Split } from './sample';

/** A data set to train on or to evaluate with: its samples by split, each in the order of its files. A split may be empty. */
export type Dataset = {
  folder: string;
  /** What is worth a look, such as samples without a recording. */
  warnings: Problem[];
} & Record<Split, Sample[]>;

/**
 * Reads a data set in any known layout, all of it or nothing. Where MOSEI's label file lies beside its label.csv, emotions are joined by time.
 *
 * @throws DataError at the first problem that makes a sample wrong, or if recordings are still inside their videos.
 */
export async function readDataset(path: string): Promise<Dataset> {
  const { folder, samples, problems } = await readStrictly(path);
  const inVideos = samples.filter(({ video }) => video);
  if (inVideos.length > 0) {
    throw new DataError(
      `${folder.shown}: the recordings of ${inVideos.length} samples are inside videos, such as ${relativeFile(folder, inVideos[0]!.video!)}; make a folder with them extracted: data prepare, or prepareFolder`,
      { kind: 'missing-audio' },
    );
  }
  const dataset: Dataset = { folder: folder.root, warnings: problems, train: [], valid: [], test: [] };
  for (const sample of samples) dataset[sample.split].push(sample);
  return dataset;
}

/** The samples of a split. @throws DataError if it has none. */
export function samplesOf(dataset: Dataset, split: Split): Sample[] {
  if (dataset[split].length > 0) return dataset[split];
  const found = SPLITS.map((name) => `${dataset[name].length} ${name}`).join(', ');
  throw new DataError(`${dataset.folder}: no sample of ${split}; expected at least one, found ${found}`);
}
