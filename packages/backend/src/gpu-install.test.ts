import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import {
  borrowTensorflow,
  hasPython,
  nvidiaSmi,
  offline,
  pathWith,
  removeTemporaryFolders,
  scratchProject,
  temporaryFolder,
} from '../test/scratch-project';
import { findCards } from './cards';
import { nativeEnvironment } from './native-environment';
import { ensureNative } from './native-install';
import { nativeRow } from './platforms';

afterAll(removeTemporaryFolders);
afterEach(() => {
  vi.unstubAllEnvs();
});

const H100 = 'NVIDIA H100 PCIe, 550.54.14, 9.0\n';
const RTX_5090 = 'NVIDIA GeForce RTX 5090, 580.65.06, 12.0\n';
const OLD_DRIVER = 'Tesla T4, 470.256.02, 7.5\n';
const isLinux = `${process.platform}-${process.arch}` === 'linux-x64';

describe.skipIf(process.platform === 'win32')('the cards that nvidia-smi names', () => {
  const found = (output: string, code?: number) => {
    vi.stubEnv('PATH', nvidiaSmi(output, code));
    return findCards();
  };

  test('are read with driver and compute capability', () => {
    const card = { name: 'NVIDIA H100 PCIe', driver: '550.54.14', capability: '9.0' };
    expect(found(H100)).toEqual({ cards: [card], fault: undefined });
  });

  test.each([
    [RTX_5090, 'TensorFlow 2.21 has no code for NVIDIA GeForce RTX 5090 (compute capability 12.0)'],
    [
      'Tesla M40, 535.1, 5.2\n',
      'TensorFlow 2.21 has no code for Tesla M40 (compute capability 5.2), only for 6.0 up to',
    ],
    [OLD_DRIVER, 'driver 470.256.02 of Tesla T4 (compute capability 7.5) is too old for CUDA 12; update'],
    ['[N/A]\n', 'nvidia-smi named no card: [N/A]'],
  ])('%j: none that can be used', (output, fault) => {
    expect(found(output).fault).toContain(fault);
  });

  test('one that can be used is enough', () => {
    const { cards, fault } = found(RTX_5090 + H100);
    expect(cards.map(({ capability }) => capability)).toEqual(['12.0', '9.0']);
    expect(fault).toBeUndefined();
  });

  test('an nvidia-smi that fails, or is too old for the question, is told', () => {
    const failed = found('NVIDIA-SMI has failed because it could not talk to the driver.\n', 9);
    expect(failed).toEqual({
      cards: [],
      fault:
        'there is no NVIDIA card here: nvidia-smi says: NVIDIA-SMI has failed because it could not talk to the driver.',
    });
    const old = found('Field "compute_cap" is not a valid field to query.\n', 2);
    expect(old.fault).toMatch(/^nvidia-smi knows no compute_cap: its driver is too old; update/);
    vi.stubEnv('PATH', temporaryFolder());
    expect(findCards().fault).toBe('there is no NVIDIA card here: nvidia-smi was not found');
  });
});

describe('the settings', () => {
  const GPU = ['TF_FORCE_GPU_ALLOW_GROWTH', 'TF_DETERMINISTIC_OPS', 'NVIDIA_TF32_OVERRIDE'];

  test('for a GPU are set for its library alone, and what the user set stays', () => {
    vi.stubEnv('PATH', nvidiaSmi(H100));
    for (const name of GPU) vi.stubEnv(name, undefined);
    expect(nativeEnvironment('cpu')).not.toHaveProperty(GPU[0]!);
    expect(nativeEnvironment('gpu')).toMatchObject({ [GPU[0]!]: 'true', [GPU[1]!]: '1', [GPU[2]!]: '0' });
    vi.stubEnv('TF_DETERMINISTIC_OPS', '0');
    expect(nativeEnvironment('gpu')).toMatchObject({ [GPU[0]!]: 'true', [GPU[1]!]: '0', [GPU[2]!]: '0' });
  });

  test('hide cards when none can be used, unless the user chose', () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    vi.stubEnv('PATH', nvidiaSmi(H100));
    expect(nativeEnvironment('gpu')).not.toHaveProperty('CUDA_VISIBLE_DEVICES');
    vi.stubEnv('PATH', nvidiaSmi(RTX_5090));
    expect(nativeEnvironment('gpu')).toMatchObject({ CUDA_VISIBLE_DEVICES: '-1' });
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '0');
    expect(nativeEnvironment('gpu')).toMatchObject({ CUDA_VISIBLE_DEVICES: '0' });
  });
});

test('there is a library for GPUs for linux-x64 alone', () => {
  expect(() => nativeRow('gpu', 'darwin-arm64')).toThrow(
    'there is no native backend for darwin-arm64 gpu; there is one for',
  );
  expect(() => nativeRow('gpu', 'linux-arm64')).toThrow('there is no native backend for linux-arm64 gpu');
});

describe.skipIf(!isLinux || !hasPython)('install --gpu', () => {
  const empty = offline(temporaryFolder());
  const tools = pathWith('python3', 'g++');
  const install = async (path: string, ...more: string[]) => {
    const { code, stdout, stderr } = await scratchProject().cli(['install', '--gpu', ...more], {
      ...empty,
      PATH: path,
    });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    return stderr.trim().split('\n');
  };

  test.each([
    [RTX_5090, 'RTX 5090'],
    [OLD_DRIVER, 'Tesla T4'],
  ])('refuses %j in one line', async (output, name) => {
    const lines = await install(`${nvidiaSmi(output)}:${tools}`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^mmolre-backend: .*${name}.*; without --gpu the CPU library is installed$`));
  });

  test('takes the GPU wheels where there is a card, or with --without-card', async () => {
    const wanted = [
      '13 downloads, 3379 MB; they need 11281 MB of disk for a while',
      'downloading tensorflow 2.21.0 (572 MB)',
      expect.stringContaining('failed (pip: Could not find a version'),
    ];
    expect(await install(`${nvidiaSmi(H100)}:${tools}`)).toEqual(wanted);
    expect(await install(tools, '--without-card')).toEqual(wanted);
  });

  test('says that there is no card, and takes the CPU wheel', async () => {
    expect(await install(tools)).toEqual([
      'there is no NVIDIA card here: nvidia-smi was not found; so the CPU library is installed (--without-card takes that for GPUs all the same)',
      'downloading tensorflow-cpu 2.21.0 (274 MB)',
      expect.stringContaining('failed (pip: Could not find a version'),
    ]);
  });
});

const native = await ensureNative({ log: (line) => console.log(line) });

test.skipIf(!native.ok || !isLinux)('install --gpu without a card leaves a whole CPU library as it is', async () => {
  const project = scratchProject();
  borrowTensorflow(project);
  const noCard = { ...offline(temporaryFolder()), PATH: pathWith('python3') };
  expect((await project.cli(['install'], offline(temporaryFolder()))).code).toBe(0);
  const { stdout, stderr } = await project.cli(['install', '--gpu'], noCard);
  expect(stderr).toMatch(/^there is no NVIDIA card here: .*\n$/);
  expect(stdout).toBe('native backend already installed\n');
});

const MINUTES = 60_000;

/** `pnpm test:gpu-install`: the real wheels. */
if (process.env.MMOLRE_GPU_INSTALL === '1')
  describe('the library for GPUs, without one', () => {
    const project = scratchProject();
    const tensorflow = join(project.cache, nativeRow('gpu').key);
    const noCard = {
      PATH: (process.env.PATH ?? '')
        .split(':')
        .filter((folder) => !existsSync(join(folder, 'nvidia-smi')))
        .join(':'),
    };
    const libraryFolders = () =>
      readdirSync(join(tensorflow, 'nvidia')).filter((name) => existsSync(join(tensorflow, 'nvidia', name, 'lib')));

    test(
      'installs: thirteen wheels whose checksums are right, and a self-test that passes',
      async () => {
        const { code, stdout, stderr } = await project.cli(['install', '--gpu', '--without-card'], {
          ...noCard,
          PIP_NO_CACHE_DIR: '1',
        });
        console.log(stderr + stdout);
        expect(code).toBe(0);
        expect(stderr.match(/^unpacking /gm)).toHaveLength(13);
        expect(stderr).toMatch(/\ntesting the native backend\n$/);
        console.log(execFileSync('du', ['-sm', tensorflow], { encoding: 'utf8' }));
      },
      30 * MINUTES,
    );

    test('every library of NVIDIA’s opens, but for those that want the driver', () => {
      const open = 'import ctypes, os, sys\nctypes.CDLL(sys.argv[1], os.RTLD_NOW)';
      const closed: string[] = [];
      let opened = 0;
      for (const folder of libraryFolders()) {
        for (const name of readdirSync(join(tensorflow, 'nvidia', folder, 'lib')).filter((file) =>
          file.includes('.so'),
        )) {
          try {
            execFileSync('python3', ['-c', open, join(tensorflow, 'nvidia', folder, 'lib', name)], {
              stdio: 'pipe',
              encoding: 'utf8',
            });
            opened++;
          } catch (error) {
            closed.push(
              `${name}: ${String((error as { stderr: string }).stderr)
                .trim()
                .split('\n')
                .at(-1)}`,
            );
          }
        }
      }
      console.log(`${opened} libraries opened\nnot opened:\n${closed.join('\n')}`);
      expect(closed.filter((line) => !/lib(cuda|nvidia-ml)\.so\.1: cannot open/.test(line))).toEqual([]);
      expect(opened).toBeGreaterThan(20);
    });

    test('they lie where TensorFlow’s libraries look for them', () => {
      const asked = new Set(
        nativeRow('gpu').libraries.flatMap(({ file }) => {
          const dynamic = execFileSync('readelf', ['-d', join(tensorflow, 'lib', file)], {
            encoding: 'utf8',
            maxBuffer: 1 << 28,
          });
          return [...dynamic.matchAll(/\$ORIGIN\/\.\.\/nvidia\/(\w+)\/lib/g)].map(([, name]) => name!);
        }),
      );
      asked.delete('nvshmem'); // optional, and not in what pip installs
      console.log(`asked for: ${[...asked].sort().join(' ')}\nthere: ${libraryFolders().join(' ')}`);
      expect(asked.size).toBeGreaterThan(5);
      expect([...asked].filter((name) => !libraryFolders().includes(name))).toEqual([]);
    });

    test('computes rightly on the CPU and says why not on a card; one that it cannot use is hidden from it', async () => {
      const code = `const { device } = await backend.useBackend({ backend: 'native' });
        console.log(device, process.env.TF_DETERMINISTIC_OPS, process.env.NVIDIA_TF32_OVERRIDE, process.env.CUDA_VISIBLE_DEVICES);`;
      const without = await project.run(code, noCard);
      console.log(without.stderr + without.stdout);
      expect(without.stdout).toBe('CPU 1 0 undefined\n');
      expect(without.stderr).toMatch(
        /^backend: native \(TensorFlow 2\.21\.0, .*on the CPU: there is no NVIDIA card here.*\n$/,
      );
      const refused = await project.run(code, { PATH: `${nvidiaSmi(RTX_5090)}:${noCard.PATH}` });
      expect(refused.stdout).toBe('CPU 1 0 -1\n');
      expect(refused.stderr).toContain('on the CPU: TensorFlow 2.21 has no code for NVIDIA GeForce RTX 5090');
    });

    test('status tells of library, card, driver and versions', async () => {
      const { stdout } = await project.cli(['status'], { PATH: `${nvidiaSmi(H100)}:${noCard.PATH}` });
      console.log(stdout);
      expect(stdout).toContain('native backend installed: tensorflow 2.21.0, linux-x64, ');
      expect(stdout).toContain('cudnn 9.28.0.42, ');
      expect(stdout).toContain('\ncard: NVIDIA H100 PCIe (compute capability 9.0, driver 550.54.14)\n');
      expect(stdout).toContain('\nset: TF_FORCE_GPU_ALLOW_GROWTH=true TF_DETERMINISTIC_OPS=1 NVIDIA_TF32_OVERRIDE=0\n');
      expect((await project.cli(['status'], noCard)).stdout).toContain(
        '\nit runs on the CPU: there is no NVIDIA card here',
      );
    });
  });
