import { createWorkerPool } from '@mmolre/files';
import { readMmsaPickleFile } from './corpora/mmsa-pickle-file';
import { readCsdFile } from './formats/csd-file';

/** What runs in worker threads: large files of formats that a damaged one may send anywhere. */
export const jobs = { 'read-csd': readCsdFile, 'read-mmsa-pickle': readMmsaPickleFile };

export const inWorker = createWorkerPool<typeof jobs>(import.meta.url);
