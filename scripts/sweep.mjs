// `pnpm test:sweep`: twelve trials over a real Redis, three workers that are each killed while they train, and Redis killed and started again on what it has
// kept; each result is held against the same trial trained alone. Minutes, where `npm test` has a short form of it.
import { spawnSync } from 'node:child_process';
import { build, root } from './lib.mjs';

if (spawnSync('redis-server', ['--version']).error) {
  console.error('sweep: there is no redis-server: apt-get install redis-server');
  process.exit(1);
}
build('@mmolre/trainer');
const test = ['run', '--config', '../../vitest.config.ts', '--root', '.', 'src/sweep.test.ts'];
const { status, error } = spawnSync('node_modules/.bin/vitest', test, {
  cwd: `${root}/apps/trainer`,
  env: { ...process.env, MMOLRE_SWEEP: 'long' },
  stdio: 'inherit',
});
if (error) throw error;
process.exitCode = status ?? 1;
