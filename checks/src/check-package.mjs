// In a package's folder, built: `node ../../checks/src/check-package.mjs`. Packs it as for publishing, and asks publint and attw about the tarball.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const run = promisify(execFile);

/** What a tarball may weigh, in kB; more than the rest those that hold a page, tfjs-node's JavaScript, or the words of a small encoder. */
const LIMIT = 250;
const LIMITS = { '@mmolre/backend': 400, '@mmolre/eval': 1000, '@mmolre/encoders': 6000 };
const ATTW = fileURLToPath(new URL('../../node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url));

/**
 * What is wrong with the package in a folder as others would get it, a line each: what publint says when strict, then attw of ESM alone, and
 * whether it is too heavy.
 */
export async function checkPackage(folder) {
  const place = mkdtempSync(join(tmpdir(), 'mmolre-pack-'));
  try {
    const tarball = join(place, 'package.tgz');
    await run('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--out', tarball], { cwd: folder });
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return [...(await lint(tarball)), ...(await checkTypes(tarball)), ...tooHeavy(name, tarball)];
  } finally {
    rmSync(place, { recursive: true });
  }
}

function tooHeavy(name, tarball) {
  const [weight, limit] = [Math.round(statSync(tarball).size / 1000), LIMITS[name] ?? LIMIT];
  return weight > limit ? [`${name} weighs ${weight} kB packed, and may ${limit} (checks/src/check-package.mjs)`] : [];
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
