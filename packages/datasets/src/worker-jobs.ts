import { readCsdFile } from './csd-file';
import { readMmsaPickleFile } from './mmsa-pickle-file';
import { readAudioFile, readAudioFiles } from './read-audio-file';

/**
 * What can run in a worker thread, by name; each job takes one value that can be cloned and gives one. A new job is one entry. What only
 * that job needs, it imports when it runs.
 */
export const jobs = {
  'read-audio': readAudioFile,
  'read-audio-files': readAudioFiles,
  'read-csd': readCsdFile,
  'read-mmsa-pickle': readMmsaPickleFile,
};

export type Jobs = typeof jobs;
