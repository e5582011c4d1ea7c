import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLine, runProgram, sha256Of, writeManifest } from '@mmolre/files';
import { requireCompiler } from './compiler';
import { BackendError } from './errors';

const require = createRequire(import.meta.url);
const REDIRECT_SOURCE = fileURLToPath(new URL('../native/stderr_redirect.cc', import.meta.url));
/** Gives TensorFlow a context that may join others, where the addon asks for one. */
const WORKERS_SOURCE = fileURLToPath(new URL('../native/workers.cc', import.meta.url));
const WORKERS_FLAG = '-DTFE_NewContext=mmolre_new_context';
/** Operations of ours, which the addon registers when it loads. */
const KERNEL_SOURCES = [
  'fused_kernels.cc',
  'operations.h',
  'fused_rows.h',
  'products.h',
  'linear.h',
  'attention.h',
  'convolution.h',
  'experts.h',
].map((file) => fileURLToPath(new URL(`../native/${file}`, import.meta.url)));
/** The addon's source, that of tfjs-node-gpu as it is; `build-binding.mjs` puts it there. */
const BINDING_SOURCE = fileURLToPath(new URL('../dist/binding', import.meta.url));

const NAPI_VERSION = 8;
/** The addon of tfjs-node-gpu, and our helper that holds back what TensorFlow writes to stderr. */
export const BINDING_FILES = ['tfjs_binding.node', 'stderr_redirect.node'];

const COMMON_FLAGS = [
  '-std=c++17',
  '-O2',
  '-fno-math-errno',
  '-Wno-psabi',
  '-fPIC',
  '-shared',
  `-DNAPI_VERSION=${NAPI_VERSION}`,
];
const PLATFORM_FLAGS = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
/** The libraries are looked for beside the addon, in `lib`. */
const RUN_PATH = `-Wl,-rpath,${process.platform === 'darwin' ? '@loader_path' : '$ORIGIN'}/lib`;

/** A short name for all that the compiled files depend on: the sources and the flags. */
export function bindingSource(): string {
  const files = readdirSync(BINDING_SOURCE).sort();
  const sources = files.flatMap((file) => [`${file}\n`, readFileSync(join(BINDING_SOURCE, file))]);
  const flags = [...COMMON_FLAGS, ...PLATFORM_FLAGS, WORKERS_FLAG, RUN_PATH].join(' ');
  const ours = [REDIRECT_SOURCE, WORKERS_SOURCE, ...KERNEL_SOURCES].map((file) => readFileSync(file));
  return sha256Of([...sources, ...ours, flags]).slice(0, 12);
}

/**
 * Compiles the addon and the helper against a copy of TensorFlow.
 *
 * @param tensorflow The cached copy, with `lib/` and `include/`.
 * @param folder Receives the two files and a manifest; must not exist.
 * @throws BackendError with the compiler's first error.
 */
export async function compileBinding(tensorflow: string, folder: string): Promise<void> {
  mkdirSync(folder);
  const compiler = requireCompiler();
  const nodeHeaders = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const build = async (output: string, args: string[]): Promise<void> => {
    const all = [...COMMON_FLAGS, ...PLATFORM_FLAGS, `-I${nodeHeaders}`, ...args, '-o', join(folder, output)];
    const { code, stderr } = await runProgram(compiler, all);
    if (code === 0) return;
    const cause = stderr.split('\n').find((line) => /error|cannot find/i.test(line)) ?? lastLine(stderr);
    throw new BackendError(`compiling ${output} with ${compiler} failed (exit code ${code}): ${cause.trim()}`);
  };
  const binding = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(BINDING_SOURCE, file));
  const sources = [...binding, WORKERS_SOURCE, KERNEL_SOURCES[0]!];
  const includes = [`-I${dirname(BINDING_SOURCE)}`, `-I${join(tensorflow, 'include')}`];
  const libraries = [`-L${join(tensorflow, 'lib')}`, '-ltensorflow', '-ltensorflow_framework'];
  await build(BINDING_FILES[0]!, [WORKERS_FLAG, ...includes, ...sources, ...libraries, RUN_PATH]);
  await build(BINDING_FILES[1]!, [REDIRECT_SOURCE]);
  writeManifest(folder, bindingSource(), BINDING_FILES);
}
