import { findProgram, howToGet, missingPython } from '@mmolre/files';
import { BackendError } from './errors';

/** The C++ compiler: the one that `CXX` names, else g++, c++ or clang++. */
function findCompiler(): string | undefined {
  const own = process.env.CXX?.trim();
  if (own) return own.includes('/') ? own : findProgram(own);
  return findProgram('g++') ?? findProgram('c++') ?? findProgram('clang++');
}

const missingCompiler = () => `g++ was not found; ${howToGet('g++', 'xcode-select --install')}`;

/** What a look at PATH says is missing, in one line, or undefined. Starts nothing. */
export function missingTool(needs: { python: boolean; compiler: boolean }): string | undefined {
  const python = needs.python ? missingPython() : undefined;
  if (python) return python;
  return needs.compiler && !findCompiler() ? missingCompiler() : undefined;
}

/** The C++ compiler. @throws BackendError saying how to get one. */
export function requireCompiler(): string {
  const compiler = findCompiler();
  if (!compiler) throw new BackendError(missingCompiler());
  return compiler;
}
