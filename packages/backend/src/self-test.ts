import { fileURLToPath } from 'node:url';
import { lastLine, runProgram } from '@mmolre/files';
import { nativeEnvironment } from './native-environment';
import type { Variant } from './platforms';

const PROGRAM = fileURLToPath(new URL('../dist/self-test-worker.js', import.meta.url));

/**
 * Loads the addon in a process of its own, so that a crash is only a failed test, and multiplies two matrices.
 *
 * @param folder Of the compiled files.
 * @param variant Of the TensorFlow that they are linked to.
 * @returns What went wrong, in one line, or undefined.
 */
export async function selfTest(folder: string, variant: Variant): Promise<string | undefined> {
  const { code, signal, stdout, stderr } = await runProgram(process.execPath, [PROGRAM, folder], {
    env: { ...process.env, NODE_OPTIONS: '', ...nativeEnvironment(variant) },
    timeoutSeconds: 120,
  });
  if (code === 0 && stdout.startsWith('TensorFlow')) return undefined;
  const cause = stderr.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? lastLine(stderr);
  return cause.trim() || (signal ? `it was ended by ${signal}` : `exit code ${code}`);
}
