import { defineConfig, type Options } from 'tsup';

/** The build that every published package shares: ESM and its types, tfjs left to the user. */
export const library = (options: Options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'node20',
    dts: true,
    sourcemap: true,
    clean: true,
    ...options,
  });
