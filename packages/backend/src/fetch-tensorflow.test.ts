import { existsSync, readdirSync, readFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFolder, sha256OfFile } from '@mmolre/files';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { hasPython, offline, removeTemporaryFolders, temporaryFolder, wheelhouse } from '../test/scratch-project';
import { fetchTensorflow } from './fetch-tensorflow';
import { tensorflowFault } from './native-state';
import type { PinnedWheel } from './pinned-wheel';
import { type NativeRow, nativeRow } from './platforms';
import { unpackTensorflow } from './unpack-wheel';

const cpu = nativeRow('cpu', 'linux-x64');
const gpu = nativeRow('gpu', 'linux-x64');
const libraries = Object.fromEntries(cpu.libraries.map(({ file }) => [`tensorflow/${file}`, `library ${file}`]));
const header = { 'tensorflow/include/tensorflow/c/c_api.h': 'header', 'tensorflow/include/other/other.h': 'not taken' };
const silent = () => {};

afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(removeTemporaryFolders);

/** Offers this wheel to pip, and answers with it as the table would have it. */
async function offered<T extends PinnedWheel>(
  pinned: T,
  members: Record<string, string>,
  folder: string,
): Promise<T & { wheel: string }> {
  const { wheel } = wheelhouse(members, pinned, folder);
  for (const [name, value] of Object.entries(offline(folder))) vi.stubEnv(name, value);
  return { ...pinned, sha256: await sha256OfFile(wheel), wheel };
}

async function fetched(row: NativeRow, log = silent as (line: string) => void): Promise<string> {
  const folder = join(temporaryFolder(), 'made');
  await fetchTensorflow(row, folder, temporaryFolder(), log);
  return folder;
}

describe.skipIf(!hasPython)('the CPU library', () => {
  const unpack = (members: Record<string, string>) =>
    unpackTensorflow(cpu, wheelhouse(members).wheel, join(temporaryFolder(), 'made'));

  test('the libraries and the headers, the names the linker looks for, and a manifest by which a truncated one is seen and replaced', async () => {
    const own = await offered(cpu, { ...libraries, ...header }, temporaryFolder());
    const folder = await fetched(own);
    for (const { file, link } of cpu.libraries)
      expect(readFileSync(join(folder, 'lib', link), 'utf8')).toBe(`library ${file}`);
    expect(readdirSync(join(folder, 'include'), { recursive: true }).sort()).toEqual([
      'tensorflow',
      'tensorflow/c',
      'tensorflow/c/c_api.h',
    ]);
    expect(tensorflowFault(own, folder)).toBeUndefined();
    const library = cpu.libraries[0]!.file;
    truncateSync(join(folder, 'lib', library), 4);
    expect(tensorflowFault(own, folder)).toMatch(`lib/${library} has 4 bytes`);
    const whole = join(temporaryFolder(), 'whole');
    await fetchTensorflow(own, whole, temporaryFolder(), silent);
    await replaceFolder(folder, async (made) => renameSync(whole, made), {
      keep: (copy) => !tensorflowFault(own, copy),
    });
    expect(tensorflowFault(own, folder)).toBeUndefined();
  });

  test.each([
    ['tensorflow/include/tensorflow/c/../../../../../escaped.h'],
    ['tensorflow/include/tensorflow/c//double.h'],
    ['tensorflow/include/tensorflow/c/back\\slash.h'],
  ])('refuses a wheel with %s', async (name) => {
    await expect(unpack({ ...libraries, ...header, [name]: 'hostile' })).rejects.toThrow('member outside its folder');
  });

  test('refuses what is not a zip, and a wheel without its libraries', async () => {
    await expect(unpack(header)).rejects.toThrow(`.whl: has no tensorflow/${cpu.libraries[0]!.file}`);
    const { wheel } = wheelhouse(libraries);
    truncateSync(wheel, 40);
    const folder = join(temporaryFolder(), 'made');
    await expect(unpackTensorflow(cpu, wheel, folder)).rejects.toThrow(/^unpacking .* failed: .*zip/i);
    expect(existsSync(join(folder, 'lib'))).toBe(false);
  });

  test('says how much space is missing', async () => {
    const huge = { ...cpu, megabytes: 1e12 };
    await expect(fetched(huge)).rejects.toThrow(/needs \d+ MB free .* and \d+ MB are/);
  });
});

describe.skipIf(!hasPython)('the GPU library', () => {
  const [cublas, nvcc] = ['nvidia-cublas-cu12', 'nvidia-cuda-nvcc-cu12'].map(
    (name) => gpu.cuda!.find(({ project }) => project === name)!,
  ) as [PinnedWheel, PinnedWheel];

  /** Small wheels of TensorFlow and of two of NVIDIA's twelve. */
  async function small() {
    const folder = temporaryFolder();
    const cuda = [
      await offered(cublas, { 'nvidia/cublas/lib/libcublas.so.12': 'cublas', 'nvidia/cublas/include/x.h': '' }, folder),
      await offered(nvcc, { 'nvidia/cuda_nvcc/bin/ptxas': 'ptxas', 'nvidia/cuda_nvcc/nvvm/a.bc': 'a' }, folder),
    ];
    return { ...(await offered(gpu, { ...libraries, ...header }, folder)), cuda };
  }

  test('lies beside the CUDA libraries, where it looks for them, and one manifest is over all', async () => {
    const row = await small();
    const lines: string[] = [];
    const folder = await fetched(row, (line) => lines.push(line));
    expect(lines).toEqual([
      '3 downloads, 1194 MB; they need 4726 MB of disk for a while',
      ...[row, ...row.cuda].flatMap(({ project, version, megabytes }) => [
        `downloading ${project} ${version} (${megabytes} MB)`,
        `unpacking ${project} ${version}`,
      ]),
    ]);
    const cudaFiles = ['cublas/lib/libcublas.so.12', 'cuda_nvcc/bin/ptxas', 'cuda_nvcc/nvvm/a.bc'];
    for (const file of cudaFiles) expect(existsSync(join(folder, 'lib/../nvidia', file)), file).toBe(true);
    expect(existsSync(join(folder, 'nvidia/cublas/include'))).toBe(false);
    expect(existsSync(join(folder, 'nvidia/nvidia_cublas_cu12-12.9.3.13.dist-info/METADATA'))).toBe(true);
    expect(statSync(join(folder, 'nvidia/cuda_nvcc/bin/ptxas')).mode & 0o777).toBe(0o755);
    expect(tensorflowFault(row, folder)).toBeUndefined();
    const other = { ...row, cuda: [{ ...row.cuda[0]!, sha256: 'a'.repeat(64) }, row.cuda[1]!] };
    expect(tensorflowFault(other, folder)).toBe('it was made from something else');
    truncateSync(join(folder, 'nvidia/cublas/lib/libcublas.so.12'), 1);
    expect(tensorflowFault(row, folder)).toBe('nvidia/cublas/lib/libcublas.so.12 has 1 bytes, not 6');
  });

  test('a wheel of NVIDIA’s that is not the one we know leaves no manifest', async () => {
    const row = await small();
    const folder = join(temporaryFolder(), 'made');
    const other = { ...row, cuda: [row.cuda[0]!, { ...row.cuda[1]!, sha256: 'a'.repeat(64) }] };
    const message = /nvidia_cuda_nvcc_cu12-12.9.86-.*whl is not the file we know: .*; not used$/;
    await expect(fetchTensorflow(other, folder, temporaryFolder(), silent)).rejects.toThrow(message);
    expect(existsSync(join(folder, 'manifest.json'))).toBe(false);
    expect(tensorflowFault(other, folder)).toBe('it was not finished');
  });

  test('a wheel of NVIDIA’s without its folder is refused', async () => {
    const folder = temporaryFolder();
    const cuda = [await offered(cublas, { 'nvidia/cu12/lib/libcublas.so.12': 'moved' }, folder)];
    const row = { ...(await offered(gpu, { ...libraries, ...header }, folder)), cuda };
    const message = 'unpacking nvidia-cublas-cu12 12.9.3.13 failed: it has nothing in nvidia/cublas';
    await expect(fetched(row)).rejects.toThrow(message);
  });
});
