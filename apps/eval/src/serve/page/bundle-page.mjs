import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const part = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What browsers have to know at least, of everything that is bundled for them. */
export const BUNDLE = { bundle: true, minify: true, write: false, outdir: 'dist', target: ['es2022', 'safari16.4'] };

/** The page's parts as one file that is whole by itself, and its style and script. @param plugins Of esbuild, such as for another answer. */
export async function bundlePage(plugins = []) {
  const { outputFiles } = await build({
    ...BUNDLE,
    entryPoints: [part('page.ts'), part('page.css')],
    format: 'iife',
    plugins,
  });
  const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text.trim();
  const [style, script] = [textOf('.css'), textOf('.js')];
  const page = readFileSync(part('page.html'), 'utf8')
    .replace('<link rel="stylesheet" href="page.css" />', () => `<style>${style}</style>`)
    .replace('<script src="page.ts"></script>', () => `<script>${script}</script>`);
  return { page, style, script };
}
