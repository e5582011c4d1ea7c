import { join } from 'node:path';
import { build } from 'esbuild';
import { isPure } from './architecture.mjs';
import { readWorkspace } from './workspace.mjs';

/** What keeps the entries for browsers, as built, from being bundled for one with all that they need; a line each. */
export async function checkBundles(root) {
  const entryPoints = readWorkspace(root).flatMap(({ folder, entries }) =>
    Object.entries(entries)
      .filter(([name]) => isPure(name))
      .map(([, source]) => join(root, source.replace(`${folder}/src/`, `${folder}/dist/`).replace(/ts$/, 'js'))),
  );
  const target = { bundle: true, platform: 'browser', format: 'esm', target: 'es2023' };
  try {
    await build({ entryPoints, ...target, outdir: root, write: false, logLevel: 'silent', absWorkingDir: root });
    return [];
  } catch (error) {
    if (!error.errors) throw error;
    return error.errors.map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text));
  }
}
