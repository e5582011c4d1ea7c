import { type AudioCache, createAudioCache, type Dataset, type Split, withRecordings } from '@mmolre/datasets';
import type { Example } from '@mmolre/model';

/** The examples of each split, recordings decoded. */
export type Examples = Record<Split, Example[]>;

/** Decodes every recording of a data set once. `onProgress` hears how many samples are done, of how many. */
export async function loadExamples(
  dataset: Dataset,
  onProgress: (done: number, total: number) => void,
): Promise<Examples> {
  const audio: AudioCache = createAudioCache();
  const total = dataset.train.length + dataset.valid.length + dataset.test.length;
  let before = 0;
  const load = async (split: Split): Promise<Example[]> => {
    const examples = await withRecordings(dataset[split], audio, (done) => onProgress(before + done, total));
    before += examples.length;
    return examples;
  };
  return { train: await load('train'), valid: await load('valid'), test: await load('test') };
}
