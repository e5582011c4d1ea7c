import { type Dataset, EMOTIONS, type ReadOptions, readDataset, type Sample, SPLITS } from '@mmolre/datasets';
import { DataError, quoted } from '@mmolre/files';
import type { RunConfig } from './run-config';

/** How a data set is cut into folds over its speakers. */
export type FoldsChoice = {
  /** So many groups of speakers, from 3; left out: each speaker is one. */ groups?: number | undefined;
};

/** The speakers that test and validate; the others train. */
export type Fold = NonNullable<RunConfig['fold']>;

/** Of the samples that do not test, so many validate if the next group has them. */
const VALID_SHARE = 0.1;

/**
 * Folds in which every speaker of a data set tests exactly once; validation is by speakers of the next fold's, the ones with most samples first,
 * until they have a tenth of what does not test. Groups have about as many samples. The same data gives the same folds.
 *
 * @throws DataError if a sample has no speaker, or there are too few of them.
 */
export function speakerFolds(dataset: Dataset, { groups }: FoldsChoice): Fold[] {
  const counts = countsOf(dataset);
  const count = groups ?? counts.size;
  if (count < 3 || counts.size < count)
    throw new DataError(
      `${dataset.folder}: expected at least ${Math.max(3, count)} speakers, to test, validate and train in ${groups ?? 'as many'} folds, found ${counts.size}`,
    );
  const bySize = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const parts = Array.from({ length: count }, () => ({ samples: 0, speakers: [] as string[] }));
  for (const [speaker, samples] of bySize) {
    const smallest = parts.reduce((least, part) => (part.samples < least.samples ? part : least));
    smallest.samples += samples;
    smallest.speakers.push(speaker);
  }
  parts.sort((a, b) => (first(a.speakers) < first(b.speakers) ? -1 : 1));
  const all = [...counts.values()].reduce((sum, samples) => sum + samples, 0);
  return parts.map(({ samples, speakers }, i) => {
    const valid: string[] = [];
    let validating = 0;
    for (const speaker of parts[(i + 1) % count]!.speakers) {
      if (validating >= VALID_SHARE * (all - samples)) break;
      valid.push(speaker);
      validating += counts.get(speaker)!;
    }
    return { test: speakers.toSorted(), valid: valid.toSorted() };
  });
}

const first = (speakers: readonly string[]) => speakers.toSorted()[0]!;

/** Samples of each speaker. */
function countsOf(dataset: Dataset): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { speaker, id, origin } of SPLITS.flatMap((split) => dataset[split])) {
    if (speaker === undefined) {
      const place = origin?.line === undefined ? '' : ` (${origin.file}, line ${origin.line})`;
      throw new DataError(
        `${dataset.folder}: sample ${quoted(id)}${place} has no speaker, and folds over speakers need one of each; label.csv names them in a column speaker`,
      );
    }
    counts.set(speaker, (counts.get(speaker) ?? 0) + 1);
  }
  return counts;
}

/** The data set split by speakers. @throws DataError if it lacks one of those that test or validate. */
export function inFold(dataset: Dataset, { test, valid }: Fold): Dataset {
  const samples = SPLITS.flatMap((split) => dataset[split]);
  const lacking = [...test, ...valid].find((name) => !samples.some(({ speaker }) => speaker === name));
  if (lacking !== undefined)
    throw new DataError(`${dataset.folder}: expected the speaker ${quoted(lacking)} of the run's fold, found none`);
  const folded: Dataset = { ...dataset, corpus: undefined, train: [], valid: [], test: [] };
  for (const sample of samples) {
    const { speaker = '' } = sample;
    const split = test.includes(speaker) ? 'test' : valid.includes(speaker) ? 'valid' : 'train';
    folded[split].push({ ...sample, split });
  }
  return folded;
}

/** Emotions that are tested and that no training sample has. */
export function lackedEmotions({ train, test }: Pick<Dataset, 'train' | 'test'>): string[] {
  const has = (samples: readonly Sample[], i: number) => samples.some(({ emotions }) => emotions?.[i] === 1);
  return EMOTIONS.filter((_, i) => has(test, i) && !has(train, i));
}

/**
 * Data to evaluate a run with: its own in the run's fold; any other as it is split, but if it has all speakers of the fold, whose training a
 * test would see otherwise.
 *
 * @throws DataError as `readDataset`, and if the run's own data lacks a speaker of its fold.
 */
export async function readForRun(folder: string, { data, fold }: RunConfig, reading: ReadOptions): Promise<Dataset> {
  const dataset = await readDataset(folder, reading);
  if (!fold) return dataset;
  const speakers = new Set(SPLITS.flatMap((split) => dataset[split].map(({ speaker }) => speaker)));
  const hasAll = [...fold.test, ...fold.valid].every((speaker) => speakers.has(speaker));
  return folder === data || hasAll ? inFold(dataset, fold) : dataset;
}
