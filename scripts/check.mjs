// `pnpm check`: all that keeps the repository as it is meant to be, whatever fails; `pnpm check imports picture` runs some of it.
import { spawnSync } from 'node:child_process';
import { checkBundles } from '../checks/src/bundles.mjs';
import { checkImports } from '../checks/src/imports.mjs';
import { checkLicences } from '../checks/src/licences.mjs';
import { checkLinks } from '../checks/src/links.mjs';
import { checkPicture } from '../checks/src/picture.mjs';
import { checkUnused } from '../checks/src/unused.mjs';
import { root, turbo } from './lib.mjs';

/** Each answers with what is wrong, a line each; `help` is what to do about it. */
const CHECKS = {
  style: {
    run: () => program('biome', 'check', '.'),
    help: '`pnpm fix` mends most of it; the rest is told by file and line above.',
  },
  imports: {
    run: () => checkImports(root),
    help: 'Move the code to where its imports are allowed; a new direction is a decision, made in checks/src/architecture.mjs.',
  },
  picture: {
    run: () => checkPicture(root),
    help: '`pnpm picture` draws it anew; look at it and commit it.',
  },
  unused: {
    run: () => checkUnused(root),
    help: 'Delete what nothing uses, or name in package.json what is used; programs that others start are in checks/knip.config.js.',
  },
  licences: {
    run: () => checkLicences(root),
    help: 'Use another package, under a permissive licence. What there is no other for is an exception with its reason, in checks/src/licences.mjs.',
  },
  types: {
    run: () => tasks('build', 'check'),
    help: '`npx tsc --noEmit` in the package says it again; a package of ours that it cannot find has to be in package.json.',
  },
  packages: {
    run: () => tasks('check:package'),
    help: 'What npm would publish does not fit its package.json: look at `exports` and `files` there, and at what the build makes.',
  },
  docs: {
    run: () => [...checkLinks(root), ...tasks('build', '--filter=docs')],
    help: 'A link leads to no file or heading, or the site is not built: told by file above.',
  },
  bundles: {
    run: () => {
      const faults = tasks('build');
      return faults.length > 0 ? faults : checkBundles(root);
    },
    help: 'An entry for browsers needs something that they lack: pass it in, or move it behind `./node`.',
  },
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(CHECKS, name));
if (unknown) {
  console.error(`check: expected some of ${Object.keys(CHECKS).join(', ')}, found ${unknown}`);
  process.exit(1);
}
const failed = [];
for (const name of names.length > 0 ? names : Object.keys(CHECKS)) {
  const start = performance.now();
  const faults = await CHECKS[name].run();
  const seconds = `${Math.round((performance.now() - start) / 1000)} s`;
  for (const fault of faults) console.log(fault);
  console.log(faults.length > 0 ? `${name}: failed (${seconds}). ${CHECKS[name].help}` : `${name}: fine (${seconds})`);
  if (faults.length > 0) failed.push(name);
}
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;

/** A program of `node_modules` on this terminal. */
function program(name, ...args) {
  const { status, error } = spawnSync(`${root}/node_modules/.bin/${name}`, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  return status === 0 ? [] : [`${name} ended with exit code ${status}`];
}

/** Tasks of turbo's in every package that has them. */
function tasks(...which) {
  const status = turbo(root, [...which, '--continue', '--concurrency=100%', '--output-logs=errors-only'], 1);
  return status === 0 ? [] : [`${which.join(' and ')} ended with exit code ${status}`];
}
