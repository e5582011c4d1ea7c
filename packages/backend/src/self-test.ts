import { join } from 'node:path';
import { lastLine, runProgram } from '@mmolre/files';
import { nativeEnvironment } from './native-environment';

const PROGRAM = `
const [tfjsNode, redirectFile] = process.argv.slice(1);
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
const { dup } = require(redirectFile);
if (dup(2) < 3) throw new Error('the stderr helper does not work');
const tf = require(tfjsNode);
const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]]));
if (product.arraySync().join() !== '19,22,43,50') throw new Error('a matmul gave ' + product.arraySync());
console.log('TensorFlow ' + tf.backend().binding.TF_Version);
`;

/**
 * Loads the addon in a process of its own, so that a crash is only a failed test, and multiplies two matrices.
 *
 * @param packageFolder The npm package tfjs-node-gpu.
 * @returns What went wrong, in one line, or undefined.
 */
export async function selfTest(packageFolder: string, napiFolder: string): Promise<string | undefined> {
  const { code, signal, stdout, stderr } = await runProgram(
    process.execPath,
    ['--input-type=commonjs', '-e', PROGRAM, '--', packageFolder, join(napiFolder, 'stderr_redirect.node')],
    { env: { ...process.env, NODE_OPTIONS: '', ...nativeEnvironment() }, timeoutSeconds: 120, cwd: packageFolder },
  );
  if (code === 0 && stdout.startsWith('TensorFlow')) return undefined;
  const cause = stderr.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? lastLine(stderr);
  return cause.trim() || (signal ? `it was ended by ${signal}` : `exit code ${code}`);
}
