import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

// How every package and app is built, from its own folder: `tsup --config ../../tsup.config.ts`. What `exports` names is an entry with
// types; a program (`cli.ts`) and the programs of worker threads (`…worker.ts`) are entries without.

type Manifest = { exports?: Record<string, { default: string } | string> };
const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));

const exported = Object.values(manifest.exports ?? {})
  .flatMap((target) => (typeof target === 'string' ? [] : [target.default]))
  .map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'));
const programs = readdirSync('src')
  .filter((name) => name === 'cli.ts' || /^(.*-)?worker\.ts$/.test(name))
  .map((name) => `src/${name}`);

export default defineConfig({
  entry: [...exported, ...programs],
  format: ['esm'],
  target: 'node20',
  // Entries for tests take the one that runs them; it is no peer, as npm 10.8 cannot install that.
  external: ['vitest'],
  dts: exported.length > 0 && { entry: exported },
  sourcemap: true,
  // The sources are published beside: not in the maps once more.
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
  clean: true,
});
