import { createFeatureCache, shownPath } from '@mmolre/files';
import type { ReadAudioOptions } from './read-audio';
import { inWorker } from './worker-jobs';

export type AudioCacheOptions = ReadAudioOptions & {
  /** Decoded audio that is kept in memory at most; 2 GB if left out, which is nine hours at 16 kHz. */
  maxBytes?: number;
  /** Where decoded audio is kept on disk too, for later runs; nowhere if left out. Nothing in it is ever deleted. */
  folder?: string;
};

/** Decodes files in worker threads and keeps what it decoded, by a hash of the file's content. */
export type AudioCache = {
  /** A file's samples; the same array each time while it is kept, so do not write into it. */
  (path: string): Promise<Float32Array>;
  /** Several files', by one worker thread: nothing but that waits for the calling thread. */
  all(paths: readonly string[]): Promise<Float32Array[]>;
};

/** About 64 kB a second of audio at 16 kHz. Two files of the same content are kept once. @see readAudio for what it throws */
export function createAudioCache(options: AudioCacheOptions = {}): AudioCache {
  const { maxBytes = 2e9, folder, deadlineSeconds = 60, ...readOptions } = options;
  const kept = createFeatureCache(maxBytes);
  const keys = new Map<string, string>();
  const underway = new Map<string, Promise<Float32Array>>();

  const known = (path: string) => {
    const key = keys.get(path);
    return key === undefined ? undefined : kept.get(key);
  };
  const read = (paths: string[]) => {
    const batch = inWorker(
      'read-audio-files',
      { paths, options: readOptions, folder },
      { seconds: deadlineSeconds * paths.length, subject: paths.map(shownPath).join(', ') },
    );
    paths.forEach((path, i) => {
      const samples = batch.then((result) => {
        keys.set(path, result.keys[i]!);
        return kept.set(result.keys[i]!, result.samples[i]!);
      });
      const done = () => void underway.delete(path);
      samples.then(done, done);
      underway.set(path, samples);
    });
  };
  const all = async (paths: readonly string[]) => {
    const have = paths.map((path) => known(path) ?? underway.get(path));
    const missing = new Set(paths.filter((_, i) => !have[i]));
    if (missing.size > 0) read([...missing]);
    return Promise.all(paths.map((path, i) => have[i] ?? underway.get(path)!));
  };
  return Object.assign(async (path: string) => (await all([path]))[0]!, { all });
}
