import type { AudioCache } from './audio-cache';
import type { Sample } from './label-row';

/** A sample with its recording decoded: mono samples at 16 kHz. */
export type RecordedSample = Omit<Sample, 'audio'> & { audio?: Float32Array };

/** Decodes each sample's recording through the cache, in order. `onProgress` hears the number of samples done. */
export async function withRecordings(
  samples: readonly Sample[],
  audio: AudioCache,
  onProgress?: (done: number) => void,
): Promise<RecordedSample[]> {
  const recorded: RecordedSample[] = [];
  for (const { audio: path, ...sample } of samples) {
    recorded.push(path === undefined ? sample : { ...sample, audio: await audio(path) });
    onProgress?.(recorded.length);
  }
  return recorded;
}
