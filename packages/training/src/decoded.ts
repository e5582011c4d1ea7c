import { createAudioCache } from '@mmolre/audio';
import {
  type Dataset,
  type ReadOptions,
  type RecordedSample,
  type Sample,
  withoutUnreadable,
  withRecordings,
} from '@mmolre/datasets';
import type { DataError } from '@mmolre/files';

/**
 * Samples of a data set with their recordings decoded; each that cannot be read is left out, and said.
 *
 * @throws DataError if too much of the data set is lost.
 */
export async function decoded(
  dataset: Dataset,
  samples: readonly Sample[],
  reading: ReadOptions,
  log: (line: string) => void,
): Promise<RecordedSample[]> {
  const lost = new Map<Sample, DataError>();
  const recorded = await withRecordings(samples, createAudioCache(), undefined, (sample, error) =>
    lost.set(sample, error),
  );
  withoutUnreadable(dataset, lost, reading);
  for (const { message } of lost.values()) log(`warning: left out: ${message}`);
  return recorded;
}
