import { defineConfig } from 'vitest/config';

// Some tests compile the binding, which takes ten seconds on an idle machine.
export default defineConfig({ test: { include: ['src/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } });
