import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The packages of a checkout: `folder` relative to its root, the manifest, and `entries`, from what another package imports (`@mmolre/nn/test`)
 * to the file of its source (`packages/nn/src/test.ts`).
 */
export function readWorkspace(root) {
  const folders = ['packages', 'apps'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
  );
  return [...folders, 'benchmarks']
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return { folder, manifest, entries: entriesOf(folder, manifest) };
    });
}

function entriesOf(folder, { name, exports = {} }) {
  const compiled = Object.entries(exports).filter(([, target]) => typeof target === 'object');
  return Object.fromEntries(
    compiled.map(([path, target]) => {
      const source = target.default.replace(/^\.\/dist\/(.*)\.js$/, `${folder}/src/$1.ts`);
      return [path === '.' ? name : `${name}/${path.slice(2)}`, source];
    }),
  );
}
