// In a package's folder, built: `node ../../checks/src/check-package.mjs`. Packs it as for publishing, and asks publint and attw about the tarball.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const run = promisify(execFile);
const ATTW = fileURLToPath(new URL('../../node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url));

/** What is wrong with the package in a folder as others would get it, a line each: what publint says when strict, then attw of ESM alone. */
export async function checkPackage(folder) {
  const place = mkdtempSync(join(tmpdir(), 'mmolre-pack-'));
  try {
    const tarball = join(place, 'package.tgz');
    await run('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--out', tarball], { cwd: folder });
    return [...(await lint(tarball)), ...(await checkTypes(tarball))];
  } finally {
    rmSync(place, { recursive: true });
  }
}

async function lint(tarball) {
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: buffer } });
  return messages.map((message) => `publint: ${message.type}: ${formatMessage(message, pkg, { color: false })}`);
}

async function checkTypes(tarball) {
  try {
    await run(process.execPath, [
      ATTW,
      tarball,
      '--profile',
      'esm-only',
      '--format',
      'ascii',
      '--no-emoji',
      '--no-color',
    ]);
    return [];
  } catch (error) {
    return [`attw:\n${stripVTControlCharacters(`${error.stdout}${error.stderr}`)}`];
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = await checkPackage(process.cwd());
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
