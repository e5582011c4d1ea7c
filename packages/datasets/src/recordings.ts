import type { AudioCache } from '@mmolre/audio';
import type { Sample } from './corpora/label-row';
import { readAhead } from './read-ahead';

/** A sample with its recording decoded: mono samples at 16 kHz. */
export type RecordedSample = Omit<Sample, 'audio'> & { audio?: Float32Array };

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
  const decoded = await audio.all(samples.flatMap(({ audio: path }) => path ?? []));
  let next = 0;
  return samples.map(({ audio: path, ...sample }) =>
    path === undefined ? sample : { ...sample, audio: decoded[next++]! },
  );
}
