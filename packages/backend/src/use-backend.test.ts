import { runProgram } from '@mmolre/files';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { breakKernel } from '../test/broken-kernel';
import {
  hasPython,
  packageFolder,
  pathWith,
  removeTemporaryFolders,
  type ScratchProject,
  scratchProject,
} from '../test/scratch-project';
import type { BackendName } from './command-line';
import { ensureNative } from './native-install';
import { requestedBackend, useBackend } from './use-backend';

beforeEach(() => {
  vi.stubEnv('MMOLRE_BACKEND', '');
});
afterAll(removeTemporaryFolders);

test('an unknown name is refused with the names there are', async () => {
  const names = 'expected native, wasm, cpu, got';
  await expect(useBackend({ backend: 'cuda' as BackendName })).rejects.toThrow(`backend: ${names} 'cuda'`);
  vi.stubEnv('MMOLRE_BACKEND', 'nativ');
  await expect(useBackend()).rejects.toThrow(`MMOLRE_BACKEND: ${names} 'nativ'`);
});

test('an argument wins over MMOLRE_BACKEND, and an empty one counts as none', () => {
  vi.stubEnv('MMOLRE_BACKEND', 'cpu');
  expect(requestedBackend()).toBe('cpu');
  expect(requestedBackend('wasm')).toBe('wasm');
  vi.stubEnv('MMOLRE_BACKEND', '');
  expect(requestedBackend()).toBeUndefined();
});

test.each(['wasm', 'cpu'] as const)('%s loads where it is asked for, into the tfjs of the caller', async (name) => {
  const lines: string[] = [];
  const chosen = await useBackend({ backend: name, log: (line) => lines.push(line) });
  expect(chosen).toMatchObject({ name, backend: name });
  expect(lines).toEqual([`backend: ${name} (${chosen.reason})`]);
  expect(chosen.reason).toMatch(/asked for by the caller$/);
  expect(tf.getBackend()).toBe(name);
  expect(await tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).array()).toEqual([
    [3, 3],
    [3, 3],
  ]);
});

test('a backend that computes wrongly is refused, and what was in use before is in use again', async () => {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await useBackend({ backend: 'cpu', log });
  await useBackend({ backend: 'wasm', log });
  await useBackend({ backend: 'cpu', log });
  const mend = breakKernel('wasm', 'Softmax');
  try {
    await expect(useBackend({ backend: 'wasm', log })).rejects.toThrow(
      /^backend wasm was asked for, but wasm computes wrongly: softmax: expected 0\.125, found 0 at 0 of 6$/,
    );
    expect(tf.getBackend()).toBe('cpu');
    expect(lines).toHaveLength(3);
  } finally {
    mend();
  }
  expect(await useBackend({ backend: 'wasm', log })).toMatchObject({ name: 'wasm' });
});

test('leaves no tensors behind', async () => {
  await useBackend({ backend: 'wasm', log: () => {} });
  const { numTensors } = tf.memory();
  await useBackend({ backend: 'wasm', log: () => {} });
  expect(tf.memory().numTensors).toBe(numTensors);
});

describe('where native is not installed', () => {
  const project: ScratchProject = scratchProject();
  const use = (options = '{}') => `
    try { await backend.useBackend(${options}); } catch (error) { console.error('error: ' + error.message); process.exit(1); }
    tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync(); console.log(tf.getBackend());`;

  test.skipIf(process.platform !== 'linux' || !hasPython)(
    'wasm is used, and the one line says what native lacks',
    async () => {
      const { stdout, stderr } = await project.run(use(), { PATH: pathWith('python3'), CXX: '' });
      expect(stdout).toBe('wasm\n');
      expect(stderr).toMatch(
        /^backend: wasm \(.*; native is not installed: g\+\+ was not found; apt-get install g\+\+, then npx @mmolre\/backend install\)\n$/,
      );
    },
  );

  test.skipIf(process.platform !== 'linux' || !hasPython)(
    'with install: true the reason is that of the failed install',
    async () => {
      const { stdout, stderr } = await project.run(use('{ install: true }'), {
        PATH: pathWith('g++', 'python3-without-pip'),
      });
      expect(stdout).toBe('wasm\n');
      expect(stderr).toMatch(/^backend: wasm \(.*; native is not installed: pip was not found for python3; .*\)\n$/);
    },
  );

  test('asked for, native is an error and nothing else is tried', async () => {
    const { stderr } = await project.run(use(), { MMOLRE_BACKEND: 'native' });
    expect(stderr).toMatch(/^error: backend native was asked for, but native is not installed: .*\n$/);
  });

  test('cpu gives no advice on stderr', async () => {
    const { stdout, stderr } = await project.run(use(), { MMOLRE_BACKEND: 'cpu' });
    expect(stdout).toBe('cpu\n');
    expect(stderr).toBe('backend: cpu (plain JavaScript; asked for by MMOLRE_BACKEND)\n');
  });

  test('wasm has as many threads as it is told, eight at most, and the same bits from each number of them', async () => {
    const code = `await backend.useBackend({ backend: 'wasm' });
      const values = tf.matMul(tf.randomUniform([301, 500], -1, 1, 'float32', 1), tf.randomUniform([500, 203], -1, 1, 'float32', 2)).dataSync();
      console.log((await import('node:crypto')).createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex'));`;
    const [one, two, many] = await Promise.all(
      ['1', '2', '9'].map((threads) => project.run(code, { TF_NUM_INTRAOP_THREADS: threads })),
    );
    expect(one!.stderr).toMatch(/^backend: wasm \(SIMD, 1 thread; /);
    expect(two!.stderr).toMatch(/^backend: wasm \(SIMD, 2 threads; /);
    expect(many!.stderr).toMatch(/^backend: wasm \(SIMD, 8 threads; /);
    expect(one!.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect([two!.stdout, many!.stdout]).toEqual([one!.stdout, one!.stdout]);
  });

  test('wasm leaves the process’s handling of errors alone', async () => {
    const code = `await backend.useBackend({ log: () => {} });
      console.log(tf.getBackend(), process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection'));`;
    expect(await project.run(code)).toEqual({ code: 0, stdout: 'wasm 0 0\n', stderr: '' });
  });
});

const native = await ensureNative({ log: (line) => console.log(line) });
if (!native.ok) console.warn(`tests of the native backend are left out: ${native.reason}`);

describe.skipIf(!native.ok)('where native is installed', () => {
  test('it is the first choice, and switching back and forth keeps values', async () => {
    const lines: string[] = [];
    const chosen = await useBackend({ log: (line) => lines.push(line) });
    expect(chosen).toMatchObject({ name: 'native', backend: 'tensorflow' });
    expect(lines).toEqual([expect.stringMatching(/^backend: native \(TensorFlow 2\.21\.0, (\d+ threads?|GPU).*\)$/)]);
    expect(tf.getBackend()).toBe('tensorflow');
    const squares = tf.square(tf.tensor1d([1, 2, 3]));
    await useBackend({ backend: 'wasm', log: () => {} });
    expect(await tf.neg(squares).array()).toEqual([-1, -4, -9]);
    await useBackend({ backend: 'native', log: () => {} });
    expect(await tf.topk(squares, 2).indices.array()).toEqual([2, 1]);
  });

  /** A process of its own, for what TensorFlow writes to file descriptor 2. */
  const child = (code: string, env: NodeJS.ProcessEnv = {}) => {
    const program = `import * as tf from '@tensorflow/tfjs'; const { useBackend } = await import('./dist/index.js'); ${code}`;
    const options = { cwd: packageFolder, env: { ...process.env, MMOLRE_BACKEND: 'native', ...env } };
    return runProgram(process.execPath, ['--input-type=module', '-e', program], options);
  };
  const matmul = `await useBackend({ log: () => {} });
    console.log(tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync()[0]);`;

  test('TensorFlow writes nothing to stderr', async () => {
    expect(await child(matmul)).toEqual({ code: 0, signal: null, stdout: '64\n', stderr: '' });
  });

  test('stderr works again after loading, and oneDNN is on unless the user says otherwise', async () => {
    const code = `${matmul} console.error('still here', process.env.TF_ENABLE_ONEDNN_OPTS);`;
    expect((await child(code)).stderr).toBe('still here 1\n');
    expect((await child(code, { TF_ENABLE_ONEDNN_OPTS: '0' })).stderr).toBe('still here 0\n');
  });
});
