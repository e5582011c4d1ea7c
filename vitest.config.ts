import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// How every package and app is tested, from its own folder: `vitest run --config ../../vitest.config.ts --root .`. Many tests start the native
// backend, a program or a server, which takes seconds on a busy machine.

const hasWorkers = readdirSync('src').some((name) => name.endsWith('worker.ts'));

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    globalSetup: hasWorkers ? [fileURLToPath(new URL('scripts/build-workers.ts', import.meta.url))] : [],
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
