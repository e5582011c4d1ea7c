export { queueStudy } from './queue/queue-study';
export { serveTrials, type WorkerOptions } from './queue/serve-trials';
