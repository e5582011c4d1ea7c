import { createWorkerPool } from '@mmolre/files';
import { readAudioFile, readAudioFiles } from './read-audio-file';

/** What runs in worker threads: decoding, which a damaged file may send anywhere. */
export const jobs = { 'read-audio': readAudioFile, 'read-audio-files': readAudioFiles };

export const inWorker = createWorkerPool<typeof jobs>(import.meta.url);
