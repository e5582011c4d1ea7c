// Makes of the page's parts one file that is whole by itself, dist/page.html: part of the app's build.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const part = (name) => fileURLToPath(new URL(name, import.meta.url));
const { outputFiles } = await build({
  entryPoints: [part('page.ts'), part('page.css')],
  ...{ bundle: true, minify: true, write: false, outdir: 'dist', format: 'iife', target: ['es2022', 'safari16.4'] },
});
const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text.trim();
const page = readFileSync(part('page.html'), 'utf8')
  .replace('<link rel="stylesheet" href="page.css" />', () => `<style>${textOf('.css')}</style>`)
  .replace('<script src="page.ts"></script>', () => `<script>${textOf('.js')}</script>`);
writeFileSync(part('../../../dist/page.html'), page);
