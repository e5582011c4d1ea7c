// `pnpm test:sweep`: twelve trials over a real Redis, three workers that are each killed while they train, and Redis killed and started again on what it has
// kept; each result is held against the same trial trained alone. Minutes, where `npm test` has a short form of it.
import { spawnSync } from 'node:child_process';
import { runTrainerTest } from './lib.mjs';

if (spawnSync('redis-server', ['--version']).error) {
  console.error('sweep: there is no redis-server: apt-get install redis-server');
  process.exit(1);
}
runTrainerTest('src/sweep.test.ts', { MMOLRE_SWEEP: 'long' });
