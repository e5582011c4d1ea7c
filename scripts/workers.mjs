// `pnpm test:workers [seed]`: one training by several real processes, which are killed and stopped 20 times at random and at each named point, also
// by four, and in network namespaces (which takes root); a quarter of an hour, where `npm test` takes one minute.
import { spawnSync } from 'node:child_process';
import { build, root } from './lib.mjs';

const [seed = '1'] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(seed)) {
  console.error(`workers: expected a number, found ${seed}`);
  process.exit(1);
}
build('@mmolre/trainer');
const test = ['run', '--config', '../../vitest.config.ts', '--root', '.', 'src/workers/workers.test.ts'];
const { status, error } = spawnSync('node_modules/.bin/vitest', test, {
  cwd: `${root}/apps/trainer`,
  env: { ...process.env, MMOLRE_WORKERS_LONG: '1', MMOLRE_KILL_SEED: seed },
  stdio: 'inherit',
});
if (error) throw error;
process.exitCode = status ?? 1;
