import { findProgram, howToGet, lastLine, runProgram } from './run-program';

/** That python3 is not on PATH and how to get it, in one line, or undefined if it is. Starts nothing. */
export const missingPython = (): string | undefined =>
  findProgram('python3')
    ? undefined
    : `python3 was not found; ${howToGet('python3 python3-pip', 'xcode-select --install')}`;

/**
 * The path of python3, once it has shown that its pip runs.
 *
 * @throws One line: which of the two is missing and how to get it.
 */
export async function requirePython(): Promise<string> {
  const python = findProgram('python3');
  if (!python) throw new Error(missingPython());
  const { code, stderr } = await runProgram(python, ['-m', 'pip', '--version']);
  if (code === 0) return python;
  const missingPip = `pip was not found for python3; ${howToGet('python3-pip', 'python3 -m ensurepip')}`;
  if (/No module named pip/.test(stderr)) throw new Error(missingPip);
  throw new Error(`python3 does not run (${lastLine(stderr) || `exit code ${code}`}); ${missingPip}`);
}
