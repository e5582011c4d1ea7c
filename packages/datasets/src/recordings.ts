import type { AudioCache } from '@mmolre/audio';
import { DataError } from '@mmolre/files';
import { readAhead } from './read-ahead';
import type { Sample } from './sample';

/** A sample with its recording decoded. */
export type RecordedSample = Omit<Sample, 'recording'> & {
  /** One channel at 16 kHz; left out if it has no recording. */
  audio?: Float32Array;
};

/** So many samples are decoded by one worker thread at a time. */
const BATCH = 16;

/**
 * Decodes each sample's recording through the cache, in worker threads, in order.
 *
 * @param onProgress Hears the number of samples done.
 * @param onLost Hears of each sample whose recording cannot be read, which is then left out; without it, that is thrown.
 */
export async function withRecordings(
  samples: readonly Sample[],
  audio: AudioCache,
  onProgress?: (done: number) => void,
  onLost?: (sample: Sample, error: DataError) => void,
): Promise<RecordedSample[]> {
  const starts = Array.from({ length: Math.ceil(samples.length / BATCH) }, (_, i) => i * BATCH);
  const load = (start: number) => {
    const batch = samples.slice(start, start + BATCH);
    return recordingsOf(batch, audio).catch((error: Error) => {
      if (!onLost || !(error instanceof DataError)) throw error;
      return oneByOne(batch, audio, onLost);
    });
  };
  const recorded: RecordedSample[] = [];
  let done = 0;
  for await (const { value } of readAhead(starts, load, 4)) {
    recorded.push(...value);
    done = Math.min(samples.length, done + BATCH);
    onProgress?.(done);
  }
  return recorded;
}

async function oneByOne(
  samples: readonly Sample[],
  audio: AudioCache,
  onLost: (sample: Sample, error: DataError) => void,
): Promise<RecordedSample[]> {
  const recorded: RecordedSample[] = [];
  for (const sample of samples) {
    try {
      recorded.push(...(await recordingsOf([sample], audio)));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      onLost(sample, error);
    }
  }
  return recorded;
}

/** The same for a few samples, such as a batch, by one worker thread. */
export async function recordingsOf(samples: readonly Sample[], audio: AudioCache): Promise<RecordedSample[]> {
  const decoded = await audio.all(samples.flatMap(({ recording }) => recording ?? []));
  let next = 0;
  return samples.map(({ recording, ...sample }) =>
    recording === undefined ? sample : { ...sample, audio: decoded[next++]! },
  );
}
