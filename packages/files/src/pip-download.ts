import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { requirePython } from './python';
import { runProgram } from './run-program';
import { sha256OfFile } from './sha256';

/** A file of the Python package index. */
export type Wheel = {
  project: string;
  version: string;
  /** Lower-case hex. */
  sha256: string;
  /** Size of the download, in MB. */
  megabytes: number;
  /** pip's options for a wheel of another interpreter than the one at hand, such as `--python-version=3.11`. */
  tags?: readonly string[];
};

const OPTIONS = ['--no-deps', '--only-binary=:all:', '--retries=2', '--progress-bar=off'];
const PROGRESS_SECONDS = 10;

/**
 * Downloads a wheel with pip, which looks into its own cache first and follows the user's pip settings.
 *
 * @param folder An empty folder; all that pip writes, its temporary files too, stays in it.
 * @param log Told in one line that the download begins, and every ten seconds how far it is.
 * @returns The wheel's path, its checksum verified.
 * @throws One line: python3 or pip is missing, the download failed, or the checksum differs.
 */
export async function pipDownload(wheel: Wheel, folder: string, log: (line: string) => void): Promise<string> {
  const { project, version, sha256, megabytes, tags = [] } = wheel;
  const name = `${project} ${version}`;
  const python = await requirePython().catch(({ message }: Error) => {
    throw new Error(`downloading ${name} failed: ${message}`);
  });
  const [downloads, scratch] = [join(folder, 'wheel'), join(folder, 'pip')];
  mkdirSync(downloads);
  mkdirSync(scratch);
  log(`downloading ${name} (${megabytes} MB)`);
  const report = () => log(`downloading ${name}: ${megabytesIn(folder)} of ${megabytes} MB`);
  const watch = setInterval(report, PROGRESS_SECONDS * 1000);
  const args = ['-m', 'pip', 'download', ...OPTIONS, ...tags, `--dest=${downloads}`, `${project}==${version}`];
  const env = { ...process.env, TMPDIR: scratch, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const { code, stderr } = await runProgram(python, args, { env }).finally(() => clearInterval(watch));
  const file = readdirSync(downloads).find((found) => found.endsWith('.whl'));
  if (code !== 0 || !file)
    throw new Error(`downloading ${name} failed (pip: ${causeIn(stderr)}); check the network, then try again`);
  const found = await sha256OfFile(join(downloads, file));
  if (found !== sha256)
    throw new Error(`${file} is not the file we know: its SHA-256 should be ${sha256} but is ${found}; not used`);
  return join(downloads, file);
}

/** The line of pip's output that says most about why it failed. */
function causeIn(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => line.trim());
  const cause = lines.find((line) => /^(ERROR: )?(\[?Errno|Could not|OSError|No space|.*Error\b)/.test(line));
  return (cause ?? lines.at(-1) ?? '').replace(/^ERROR: /, '').slice(0, 200) || 'no message';
}

function megabytesIn(folder: string): number {
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0,
  );
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1e6);
}
