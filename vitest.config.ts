import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// How every package and app is tested, from its own folder: `vitest run --config ../../vitest.config.ts --root .`. Many tests start the native
// backend, a program or a server, which takes seconds on a busy machine.

/** Suites of a minute and more, most of it in programs of one thread, or in waiting for programs, servers and locks. */
const isLong = [
  'trainer',
  'training',
  'checks',
  'datasets',
  'files',
  'encoders',
  'label-unification',
  'moe',
  'backend',
  'studies',
].includes(basename(process.cwd()));
const hasWorkers = readdirSync('src').some((name) => name.endsWith('worker.ts'));

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    globalSetup: hasWorkers ? [fileURLToPath(new URL('scripts/build-workers.ts', import.meta.url))] : [],
    ...(isLong && { maxWorkers: 2 }),
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
