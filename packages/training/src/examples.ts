import { type AudioCache, createAudioCache, readAudioInfo } from '@mmolre/audio';
import { type Dataset, recordingsOf, type Sample, type Split, withRecordings } from '@mmolre/datasets';
import { DataError } from '@mmolre/files';
import type { Example } from '@mmolre/model';

/** The examples of each split, recordings decoded: of train at once, or when a batch is loaded. */
export type Examples = Record<Split, Example[]> & {
  /** Of each training sample, in seconds: its recording as far as it is read, and its text, spoken. */
  lengths: number[];
  /** Whether each training sample has a recording. */ recorded: boolean[];
  /** Samples whose recordings cannot be read, which are in no split. */
  lost: ReadonlyMap<Sample, DataError>;
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
 * Where train's are decoded as training goes on, what a sound header hides ends the training when its batch is loaded.
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
    const samples = dataset[split].filter((sample) => !lost.has(sample));
    const examples = await withRecordings(
      samples,
      audio,
      (done) => onProgress(before + done, total),
      (sample, error) => lost.set(sample, error),
    );
    before += dataset[split].length;
    return examples;
  };
  const lost = new Map<Sample, DataError>();
  const seconds = await secondsOf(dataset.train, firstSeconds, lost);
  const readable = () => dataset.train.filter((sample) => !lost.has(sample));
  const lengthOf = ({ text, recording }: Sample) =>
    (recording ? seconds.get(recording)! : 0) + text.length / CHARACTERS_PER_SECOND;
  const recorded = () => readable().map(({ recording }) => recording !== undefined);
  const all = [...seconds.values()].reduce((sum, one) => sum + one, 0);
  if (all * BYTES_PER_SECOND <= memoryBytes) {
    const [train, valid, test] = [await load('train'), await load('valid'), await load('test')];
    return {
      train,
      valid,
      test,
      lengths: readable().map(lengthOf),
      recorded: recorded(),
      lost,
      load: async (batch) => batch,
    };
  }
  const samples = new Map<Example, Sample>(
    readable().map((sample) => {
      const { recording: _, ...example } = sample;
      return [example, sample];
    }),
  );
  before = dataset.train.length;
  return {
    train: [...samples.keys()],
    valid: await load('valid'),
    test: await load('test'),
    lengths: readable().map(lengthOf),
    recorded: recorded(),
    lost,
    load: (batch) =>
      recordingsOf(
        batch.map((example) => samples.get(example)!),
        audio,
      ),
  };
}

/** How much is read of each recording, by its header. What has none is put into `lost`. */
async function secondsOf(
  samples: readonly Sample[],
  firstSeconds = Number.POSITIVE_INFINITY,
  lost: Map<Sample, DataError>,
): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  for (const sample of samples) {
    const { recording } = sample;
    if (recording === undefined || seconds.has(recording)) continue;
    try {
      seconds.set(recording, Math.min(firstSeconds, (await readAudioInfo(recording)).seconds));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      lost.set(sample, error);
    }
  }
  return seconds;
}
