import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { unpackZip, type ZipMember } from '@mmolre/files';
import { BackendError } from './errors';
import type { PinnedWheel } from './pinned-wheel';
import type { NativeRow } from './platforms';

/** The headers that the binding, and kernels of one's own, are compiled against. */
const HEADER_FOLDERS = ['tensorflow/c', 'tensorflow/core/platform', 'tsl', 'xla/tsl'];
/** Of a wheel of NVIDIA's: the libraries, and of `cuda-nvcc` what TensorFlow calls to compile for a card. */
const CUDA_FOLDERS = ['lib', 'bin', 'nvvm'];

/**
 * Takes the two libraries and the headers out of TensorFlow's wheel, and adds the names the linker looks for.
 *
 * @param folder Receives `lib/` and `include/`.
 * @returns The files' paths in the folder.
 * @throws BackendError if the archive is not a zip, lacks a library or names a file outside its folder.
 */
export async function unpackTensorflow(row: NativeRow, wheel: string, folder: string): Promise<string[]> {
  const files = await unpack(row, wheel, folder, [
    ...row.libraries.map(({ file }) => ({ from: `tensorflow/${file}`, to: `lib/${file}` })),
    ...HEADER_FOLDERS.map((name) => ({ from: `tensorflow/include/${name}/`, to: `include/${name}/` })),
  ]);
  for (const { file, link } of row.libraries) symlinkSync(file, join(folder, 'lib', link));
  return files;
}

/**
 * Takes the libraries and the licence out of a wheel of NVIDIA's, `nvidia-cublas-cu12` for instance.
 *
 * @param folder Receives `nvidia/cublas/`, where TensorFlow's libraries in `lib/` look for it, and the wheel's notices beside it.
 * @returns The files' paths in the folder.
 * @throws BackendError if the archive is not a zip, holds nothing of this or names a file outside its folder.
 */
export async function unpackCuda(pinned: PinnedWheel, wheel: string, folder: string): Promise<string[]> {
  const { project, version } = pinned;
  const part = `nvidia/${project.replace(/^nvidia-|-cu12$/g, '').replaceAll('-', '_')}`;
  const notices = `${project.replaceAll('-', '_')}-${version}.dist-info/`;
  const files = await unpack(pinned, wheel, folder, [
    ...CUDA_FOLDERS.map((name) => ({ from: `${part}/${name}/`, to: `${part}/${name}/` })),
    { from: notices, to: `nvidia/${notices}` },
  ]);
  if (!files.some((file) => file.startsWith(`${part}/`)))
    throw new BackendError(`unpacking ${project} ${version} failed: it has nothing in ${part}`);
  for (const file of files) if (file.startsWith(`${part}/bin/`)) chmodSync(join(folder, file), 0o755);
  return files;
}

function unpack({ project, version }: PinnedWheel, wheel: string, folder: string, members: ZipMember[]) {
  return unpackZip(wheel, folder, members).catch(({ message }: Error) => {
    throw new BackendError(`unpacking ${project} ${version} failed: ${message}`);
  });
}
