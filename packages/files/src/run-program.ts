import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Finished = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

const keptCharacters = 1 << 20;

/** The full path of a program on PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {} // not in this folder
  }
  return undefined;
}

/** Runs a program to its end and keeps what it wrote (the last million characters of each stream). */
export function runProgram(
  file: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; timeoutSeconds?: number } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: options.env ?? process.env,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutSeconds === undefined ? undefined : options.timeoutSeconds * 1000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-keptCharacters);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-keptCharacters);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

const howToGet = (aptPackages: string, mac: string): string =>
  process.platform === 'darwin' ? mac : `apt-get install ${aptPackages}`;

const missingPython = () => `python3 was not found; ${howToGet('python3 python3-pip', 'xcode-select --install')}`;
const missingCompiler = () => `g++ was not found; ${howToGet('g++', 'xcode-select --install')}`;
const missingPip = () => `pip was not found for python3; ${howToGet('python3-pip', 'python3 -m ensurepip')}`;

const findPython = () => findProgram('python3');

/** The C++ compiler: the one that `CXX` names, else g++, c++ or clang++. */
function findCompiler(): string | undefined {
  const own = process.env.CXX?.trim();
  if (own) return own.includes('/') ? own : findProgram(own);
  return findProgram('g++') ?? findProgram('c++') ?? findProgram('clang++');
}

/** What a look at PATH says is missing, in one line, or undefined. Starts nothing. */
export function missingTool(needs: { python: boolean; compiler: boolean }): string | undefined {
  if (needs.python && !findPython()) return missingPython();
  if (needs.compiler && !findCompiler()) return missingCompiler();
  return undefined;
}

/**
 * python3, once it has shown that its pip runs.
 *
 * @throws saying which of the two is missing and how to get it.
 */
export async function requirePython(): Promise<string> {
  const python = findPython();
  if (!python) throw new Error(missingPython());
  const { code, stderr } = await runProgram(python, ['-m', 'pip', '--version']);
  if (code === 0) return python;
  if (/No module named pip/.test(stderr)) throw new Error(missingPip());
  throw new Error(`python3 does not run (${lastLine(stderr) || `exit code ${code}`}); ${missingPip()}`);
}

/** The C++ compiler. @throws saying how to get one. */
export function requireCompiler(): string {
  const compiler = findCompiler();
  if (!compiler) throw new Error(missingCompiler());
  return compiler;
}

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';
