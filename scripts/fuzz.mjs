// `pnpm test:fuzz [files]`: every reader of data on many broken files, 2,500 of each if not said otherwise; minutes, where `npm test` takes seconds.
import { spawnSync } from 'node:child_process';
import { build, root } from './lib.mjs';

const files = process.argv[2] ?? '2500';
if (!/^[1-9]\d*$/.test(files)) {
  console.error(`fuzz: expected a number of files, found ${files}`);
  process.exit(1);
}
build('@mmolre/datasets');
const test = ['run', '--config', '../../vitest.config.ts', '--root', '.', 'src/fuzz'];
const { status, error } = spawnSync('node_modules/.bin/vitest', test, {
  cwd: `${root}/packages/datasets`,
  env: { ...process.env, MMOLRE_FUZZ: files },
  stdio: 'inherit',
});
if (error) throw error;
process.exitCode = status ?? 1;
