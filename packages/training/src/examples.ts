import { type AudioCache, createAudioCache, readAudioInfo } from '@mmolre/audio';
import { type Dataset, recordingsOf, type Sample, type Split, withRecordings } from '@mmolre/datasets';
import type { Example } from '@mmolre/model';

/** The examples of each split, recordings decoded: of train at once, or when a batch is loaded. */
export type Examples = Record<Split, Example[]> & {
  /** Of each training sample, in seconds: its recording as far as it is read, and its text, spoken. */
  lengths: number[];
  /** Decodes the recordings of a batch in a worker thread, where they are not there yet. */
  load(examples: readonly Example[]): Promise<readonly Example[]>;
};

export type LoadOptions = {
  /** Of each recording: what the audio encoder reads. */
  firstSeconds?: number;
  /** If train's recordings are more, they are decoded as training goes on, and so much of them is kept. */
  memoryBytes?: number;
};

const BYTES_PER_SECOND = 64_000; // of one channel at 16 kHz
const CHARACTERS_PER_SECOND = 15; // of fluent speech
/** In megabytes; 2,000 are nine hours of speech. */
const AUDIO_MEMORY = Number(process.env.MMOLRE_AUDIO_MEMORY ?? 2_000);

/**
 * Decodes every recording of a data set once if train's fit in memory, else those of valid and test, and checks the headers of train's.
 * `onProgress` hears how many samples are done, of how many.
 *
 * @throws DataError for the first recording that cannot be read.
 */
export async function loadExamples(
  dataset: Dataset,
  onProgress: (done: number, total: number) => void,
  { firstSeconds, memoryBytes = AUDIO_MEMORY * 1e6 }: LoadOptions = {},
): Promise<Examples> {
  const audio: AudioCache = createAudioCache({ maxBytes: memoryBytes, ...(firstSeconds && { firstSeconds }) });
  const total = dataset.train.length + dataset.valid.length + dataset.test.length;
  let before = 0;
  const load = async (split: Split): Promise<Example[]> => {
    const examples = await withRecordings(dataset[split], audio, (done) => onProgress(before + done, total));
    before += examples.length;
    return examples;
  };
  const seconds = await secondsOf(dataset.train, firstSeconds);
  const lengths = dataset.train.map(
    ({ text, recording }) => (recording ? seconds.get(recording)! : 0) + text.length / CHARACTERS_PER_SECOND,
  );
  const all = [...seconds.values()].reduce((sum, one) => sum + one, 0);
  if (all * BYTES_PER_SECOND <= memoryBytes) {
    return {
      train: await load('train'),
      valid: await load('valid'),
      test: await load('test'),
      lengths,
      load: async (batch) => batch,
    };
  }
  const samples = new Map<Example, Sample>(
    dataset.train.map(({ recording: _, ...sample }, i) => [sample, dataset.train[i]!]),
  );
  before = samples.size;
  return {
    train: [...samples.keys()],
    valid: await load('valid'),
    test: await load('test'),
    lengths,
    load: (batch) =>
      recordingsOf(
        batch.map((example) => samples.get(example)!),
        audio,
      ),
  };
}

/** How much is read of each recording, by its header. */
async function secondsOf(
  samples: readonly Sample[],
  firstSeconds = Number.POSITIVE_INFINITY,
): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  for (const { recording } of samples) {
    if (recording === undefined || seconds.has(recording)) continue;
    seconds.set(recording, Math.min(firstSeconds, (await readAudioInfo(recording)).seconds));
  }
  return seconds;
}
