import type { AudioCache } from '@mmolre/audio';
import { readAhead } from './read-ahead';
import type { Sample } from './sample';

/** A sample with its recording decoded. */
export type RecordedSample = Omit<Sample, 'recording'> & {
  /** One channel at 16 kHz; left out if it has no recording. */
  audio?: Float32Array;
};

/** So many samples are decoded by one worker thread at a time. */
const BATCH = 16;

/** Decodes each sample's recording through the cache, in worker threads, in order. `onProgress` hears the number of samples done. */
export async function withRecordings(
  samples: readonly Sample[],
  audio: AudioCache,
  onProgress?: (done: number) => void,
): Promise<RecordedSample[]> {
  const starts = Array.from({ length: Math.ceil(samples.length / BATCH) }, (_, i) => i * BATCH);
  const load = (start: number) => recordingsOf(samples.slice(start, start + BATCH), audio);
  const recorded: RecordedSample[] = [];
  for await (const { value } of readAhead(starts, load, 4)) {
    recorded.push(...value);
    onProgress?.(recorded.length);
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
