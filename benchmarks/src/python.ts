import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '@mmolre/files';

const requirements = fileURLToPath(new URL('../python/requirements.txt', import.meta.url));

/**
 * A Python with PyTorch: `MMOLRE_PYTHON`, or a virtual environment in this user's cache folder, made at the first call.
 *
 * @returns Its path.
 * @throws In one line: what is missing and what to do.
 */
export function pythonWithTorch(log: (line: string) => void): string {
  const given = process.env.MMOLRE_PYTHON;
  if (given) {
    const fault = run(given, ['-c', 'import torch, numpy']);
    if (fault) throw new Error(`bench: MMOLRE_PYTHON is ${given}, which has no PyTorch and numpy: ${fault}`);
    return given;
  }
  const wanted = readFileSync(requirements, 'utf8');
  const folder = join(cacheFolder(), `torch-${/^torch==(.+)$/m.exec(wanted)?.[1]}`);
  const python = join(folder, 'bin', 'python');
  const finished = join(folder, 'finished.txt'); // written last: without it, making the folder was interrupted
  if (existsSync(finished) && readFileSync(finished, 'utf8') === wanted) return python;

  const advice = 'or set MMOLRE_PYTHON to a Python that has torch and numpy';
  const noPython = run('python3', ['-c', 'import venv, ensurepip']);
  if (noPython)
    throw new Error(
      `bench: PyTorch needs python3 with venv and pip (Debian: apt install python3-venv), ${advice}: ${noPython}`,
    );

  log(`making a Python environment with PyTorch at ${folder}, once: some minutes and 7 GB of disk`);
  rmSync(folder, { recursive: true, force: true });
  const failed =
    run('python3', ['-m', 'venv', folder]) ||
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]) ||
    run(python, ['-c', 'import torch, numpy']);
  if (failed) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`bench: pip could not install PyTorch (try again, ${advice}): ${failed}`);
  }
  writeFileSync(finished, wanted);
  return python;
}

/** Runs a program and waits. @returns What went wrong, in one line, or nothing. */
function run(command: string, args: string[]): string | undefined {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (error) return (error as NodeJS.ErrnoException).code === 'ENOENT' ? `${command} is not there` : error.message;
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `exit code ${status}`);
}
