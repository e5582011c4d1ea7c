// After tsup, in the package's folder: the checker as one file, dist/checker.html, that needs nothing else and may load nothing else.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const ofFiles = createRequire(import.meta.resolve('@mmolre/files/package.json'));
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const bundle = await build({
  entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
  ...{ bundle: true, write: false, minify: true, charset: 'utf8', legalComments: 'none' },
  ...{ platform: 'browser', format: 'iife', target: 'es2022' },
  // The same parser, with what it takes from Node in it.
  alias: { 'csv-parse/sync': ofFiles.resolve('csv-parse/browser/esm/sync') },
});
const script = bundle.outputFiles[0].text.replaceAll('</script', '<\\/script');
const style = read('checker.css');
const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`;
const page = read('checker.html')
  .replace('POLICY', () => policy)
  .replace('/* STYLE */', () => style)
  .replace('/* SCRIPT */', () => script);
writeFileSync('dist/checker.html', page);
