import { type ReadAudioOptions, readAudio } from './read-audio';

/** Gives a file's samples; the same array each time, so do not write into it. */
export type AudioCache = (path: string) => Promise<Float32Array>;

/** Decodes each distinct file once and keeps it: about 64 kB a second of audio at 16 kHz. */
export function createAudioCache(options: ReadAudioOptions = {}): AudioCache {
  const decoded = new Map<string, Promise<Float32Array>>();
  return (path) => {
    let audio = decoded.get(path);
    if (!audio) {
      audio = readAudio(path, options);
      decoded.set(path, audio);
    }
    return audio;
  };
}
