// Packs @mmolre/nn and @mmolre/moe, as built, into this folder or the one given: what `npm publish` would upload.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url)));
for (const name of ['nn', 'moe']) {
  const cwd = fileURLToPath(new URL(`../../packages/${name}`, import.meta.url));
  const args = ['--yes', 'pnpm@12.21.0', 'pack', '--out', `${folder}/mmolre-${name}.tgz`];
  execFileSync('npx', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}
