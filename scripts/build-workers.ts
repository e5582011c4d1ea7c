import { readdirSync } from 'node:fs';
import { build } from 'tsup';

/** Brings the programs of worker threads up to date before a package's tests: threads run what is built, there too. */
export default () => {
  const entry = readdirSync('src')
    .filter((name) => name.endsWith('worker.ts'))
    .map((name) => `src/${name}`);
  return build({ entry, format: ['esm'], target: 'node20', config: false, silent: true, clean: false });
};
