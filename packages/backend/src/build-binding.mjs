// Makes what an install needs of `@tensorflow/tfjs-node-gpu`, so that the package itself, whose install script would fetch an old TensorFlow
// and fails where it cannot, is never installed by anyone: its JavaScript in one file, the addon's source, and the licences of both.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const part = (name) => fileURLToPath(new URL(name, import.meta.url));
const require = createRequire(import.meta.url);
const manifest = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
const tfjsNode = createRequire(manifest);
const { version } = tfjsNode('./package.json');

/** Of Node's `util`, two functions that tfjs-node calls: one was removed in Node 23, the other warns from Node 22 on. */
const oldUtil = {
  name: 'old-util',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^util$/ }, ({ path }) => ({ path, namespace: 'old-util' }));
    onLoad({ filter: /.*/, namespace: 'old-util' }, () => ({
      contents: `module.exports = { ...require('node:util'), isArray: Array.isArray, isNullOrUndefined: (value) => value == null };`,
    }));
  },
};

await build({
  entryPoints: [part('node-backend.ts')],
  outfile: part('../dist/node-backend.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  plugins: [oldUtil],
  external: ['@tensorflow/tfjs'], // one copy: the user's
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none', // they are in LICENSES.txt
  logLevel: 'warning',
});
cpSync(join(dirname(manifest), 'binding'), part('../dist/binding'), { recursive: true });

const text = (name, file) => readFileSync(join(dirname(tfjsNode.resolve(`${name}/package.json`)), file), 'utf8').trim();
const notices = [
  `binding/ and node-backend.cjs: @tensorflow/tfjs-node-gpu ${version}, Copyright Google LLC. binding/ is unchanged; node-backend.cjs joins its
JavaScript in one file without the search for the addon. Under the Apache License, Version 2.0:

${readFileSync(join(dirname(require.resolve('typescript/package.json')), 'LICENSE.txt'), 'utf8').trim()}`,
  `node-backend.cjs holds google-protobuf:\n\n${text('google-protobuf', 'LICENSE.md')}`,
  `node-backend.cjs holds progress:\n\n${text('progress', 'LICENSE')}`,
];
writeFileSync(part('../dist/LICENSES.txt'), `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
