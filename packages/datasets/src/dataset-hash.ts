import { createHash } from 'node:crypto';
import { sha256OfFile } from '@mmolre/files';
import type { Dataset } from './dataset';
import { SPLITS, type Split } from './sample';

/**
 * What a data set is, by its content: the SHA-256 over the ids, texts, labels and recordings of its samples, in their order. Where it
 * lies, what its files are called, and who speaks, does not count.
 *
 * @throws If a recording cannot be read.
 */
export async function datasetHash(dataset: Pick<Dataset, Split>): Promise<string> {
  const recordings = new Map<string, string>();
  const hash = createHash('sha256');
  for (const split of SPLITS) {
    for (const { id, text, sentiment, emotions, recording } of dataset[split]) {
      if (recording !== undefined && !recordings.has(recording))
        recordings.set(recording, await sha256OfFile(recording));
      const sound = recording === undefined ? null : recordings.get(recording);
      hash.update(`${JSON.stringify([split, id, text, sentiment ?? null, emotions ?? null, sound])}\n`);
    }
  }
  return hash.digest('hex');
}
