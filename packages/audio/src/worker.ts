import { serveJobs } from '@mmolre/files';
import { jobs } from './worker-jobs';

serveJobs(jobs);
