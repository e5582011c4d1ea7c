import { createWorkerPool } from '@mmolre/files';
import { decodeAudioBytes, readAudioFile, readAudioFiles } from './read-audio-file';

/** What runs in worker threads: decoding, which a damaged file may send anywhere. */
export const jobs = {
  'read-audio': readAudioFile,
  'read-audio-files': readAudioFiles,
  'decode-audio': decodeAudioBytes,
};

export const inWorker = createWorkerPool<typeof jobs>(import.meta.url);
