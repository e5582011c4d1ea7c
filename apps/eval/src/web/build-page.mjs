// Makes what an export holds besides its model, dist/web: the page, its worker, and tfjs's binaries. Part of the app's build.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const part = (name) => fileURLToPath(new URL(name, import.meta.url));
const out = part('../../dist/web');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

/** The page of `serve`, which asks the worker in place of a server. */
const askWorker = {
  name: 'ask-worker',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/ask$/ }, () => ({ path: part('ask.ts') })),
};
const options = { bundle: true, minify: true, write: false, outdir: 'dist', target: ['es2022', 'safari16.4'] };
const { outputFiles } = await build({
  ...options,
  entryPoints: [part('../serve/page/page.ts'), part('../serve/page/page.css')],
  format: 'iife',
  plugins: [askWorker],
});
const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text.trim();
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const [style, script] = [textOf('.css'), textOf('.js')];
const policy = [
  "default-src 'none'",
  `script-src 'self' 'wasm-unsafe-eval' ${hash(script)}`,
  `style-src ${hash(style)}`,
  "worker-src 'self'; connect-src 'self'; media-src blob:; img-src data:; base-uri 'none'; form-action 'none'",
].join('; ');
const page = readFileSync(part('../serve/page/page.html'), 'utf8')
  .replace(
    '<meta charset="utf-8" />',
    (found) => `${found}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
  )
  .replace('<link rel="stylesheet" href="page.css" />', () => `<style>${style}</style>`)
  .replace('<script src="page.ts"></script>', () => `<script>${script}</script>`);
writeFileSync(join(out, 'index.html'), page);

const worker = await build({
  ...options,
  entryPoints: [part('worker.ts')],
  format: 'esm',
  platform: 'browser',
  define: { global: 'globalThis' },
});
writeFileSync(join(out, 'worker.js'), worker.outputFiles[0].contents);
const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'])
  copyFileSync(join(wasm, name), join(out, name));
