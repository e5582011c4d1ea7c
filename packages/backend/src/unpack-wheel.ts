import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { unpackZip, writeManifest } from '@mmolre/files';
import { BackendError } from './errors';
import type { NativeRow } from './platforms';

/** The headers that the binding, and kernels of one's own, are compiled against. */
const HEADER_FOLDERS = ['tensorflow/c', 'tensorflow/core/platform', 'tsl', 'xla/tsl'];

/**
 * Takes the two libraries and the headers out of a wheel, adds the names the linker looks for, and a manifest.
 *
 * @param folder Receives `lib/`, `include/` and `manifest.json`; must not exist.
 * @throws BackendError if the archive is not a zip, lacks a library or names a file outside its folder.
 */
export async function unpackWheel(row: NativeRow, wheel: string, folder: string): Promise<void> {
  const members = [
    ...row.libraries.map(({ file }) => ({ from: `tensorflow/${file}`, to: `lib/${file}` })),
    ...HEADER_FOLDERS.map((name) => ({ from: `tensorflow/include/${name}/`, to: `include/${name}/` })),
  ];
  const files = await unpackZip(wheel, folder, members).catch(({ message }: Error) => {
    throw new BackendError(`unpacking ${row.project} ${row.version} failed: ${message}`);
  });
  for (const { file, link } of row.libraries) symlinkSync(file, join(folder, 'lib', link));
  writeManifest(folder, row.sha256!, files);
}
