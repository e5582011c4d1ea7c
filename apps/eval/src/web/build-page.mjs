// Makes what an export holds besides its model, dist/web: the page, its worker, and tfjs's binaries. Part of the app's build.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { BUNDLE, bundlePage } from '../serve/page/bundle-page.mjs';

const part = (name) => fileURLToPath(new URL(name, import.meta.url));
const out = part('../../dist/web');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

/** The page of `serve`, which asks the worker in place of a server. */
const askWorker = {
  name: 'ask-worker',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/ask$/ }, () => ({ path: part('ask.ts') })),
};
const { page, style, script } = await bundlePage([askWorker]);
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = [
  "default-src 'none'",
  `script-src 'self' 'wasm-unsafe-eval' ${hash(script)}`,
  `style-src ${hash(style)}`,
  "worker-src 'self'; connect-src 'self'; media-src blob:; img-src data:; base-uri 'none'; form-action 'none'",
].join('; ');
const withPolicy = page.replace(
  '<meta charset="utf-8" />',
  (found) => `${found}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
);
writeFileSync(join(out, 'index.html'), withPolicy);

const worker = await build({
  ...BUNDLE,
  entryPoints: [part('worker.ts')],
  format: 'esm',
  platform: 'browser',
  define: { global: 'globalThis' },
});
writeFileSync(join(out, 'worker.js'), worker.outputFiles[0].contents);
const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
for (const kind of ['', '-simd', '-threaded-simd']) {
  const name = `tfjs-backend-wasm${kind}.wasm`;
  copyFileSync(join(wasm, name), join(out, name));
}
