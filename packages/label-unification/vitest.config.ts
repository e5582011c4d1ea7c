import { defineConfig } from 'vitest/config';

// The command's tests start the program several times each.
export default defineConfig({ test: { include: ['src/**/*.test.ts'], testTimeout: 60_000 } });
