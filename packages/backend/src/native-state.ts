import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, folderFault, plainFile } from '@mmolre/files';
import { BINDING_FILES, bindingSource } from './compile-binding';
import { missingTool } from './compiler';
import { explain } from './errors';
import { copySource } from './fetch-tensorflow';
import { type NativeRow, nativeRow, type Variant } from './platforms';

/** Written into the folder when the self-test has passed. */
export type InstallRecord = { variant: Variant; tensorflow: string; binding: string };

/** Every place an install touches. */
export type NativePaths = {
  /** In this package: the two links, the compiled files and the record. */
  folder: string;
  /** Links into the cached copy of TensorFlow. */
  lib: string;
  include: string;
  record: string;
  /** The cached copies, shared by every project of this user. */
  tensorflow: string;
  binding: string;
};

const INSTALLED = fileURLToPath(new URL('../installed', import.meta.url));

export function nativePaths(row: NativeRow): NativePaths {
  return {
    folder: INSTALLED,
    lib: join(INSTALLED, 'lib'),
    include: join(INSTALLED, 'include'),
    record: join(INSTALLED, 'record.json'),
    tensorflow: join(cacheFolder(), row.key),
    binding: join(cacheFolder(), `binding-${bindingSource()}-${row.key}`),
  };
}

/** What the last install that passed its self-test wrote, or undefined. */
function readRecord({ record }: NativePaths): InstallRecord | undefined {
  try {
    return JSON.parse(readFileSync(plainFile(record), 'utf8')) as InstallRecord;
  } catch {
    return undefined;
  }
}

/** The variant that is installed here, or the CPU one. */
export function installedVariant(): Variant {
  return readRecord(nativePaths(nativeRow('cpu')))?.variant ?? 'cpu';
}

export const tensorflowFault = (row: NativeRow, folder: string) => folderFault(folder, copySource(row));

const realPath = (path: string) => (existsSync(path) ? realpathSync(path) : undefined);

/** What the install lacks, or undefined if it is whole. A few hundred file sizes are compared; nothing is started. */
export function nativeFault(row: NativeRow): string | undefined {
  const paths = nativePaths(row);
  const record = readRecord(paths);
  const nothing = !record && !lstatSync(paths.lib, { throwIfNoEntry: false }) && !existsSync(paths.tensorflow);
  if (nothing) return 'it was never installed here';
  const copy = tensorflowFault(row, paths.tensorflow);
  if (copy) return `its copy of TensorFlow is damaged: ${copy}`;
  if (realPath(paths.lib) !== realPath(join(paths.tensorflow, 'lib'))) return 'its link to TensorFlow is missing';
  if (realPath(paths.include) !== realPath(join(paths.tensorflow, 'include'))) return 'its headers are missing';
  const source = bindingSource();
  for (const file of BINDING_FILES) {
    const found = statSync(join(paths.folder, file), { throwIfNoEntry: false });
    if (!found) return `${file} is missing`;
    if (folderFault(paths.binding, source)) continue; // no cached copy to compare with; the record speaks for it
    if (found.size !== statSync(join(paths.binding, file)).size) return `${file} is cut short`;
  }
  if (!record) return 'its self-test has not passed';
  if (record.tensorflow !== row.key || record.binding !== source) return 'it was made for another version';
  return undefined;
}

export type NativeStatus = { ok: true } | { ok: false; reason: string };

/** Whether the native backend is installed and whole, and else why not and what to do, in one line. */
export function nativeStatus(): NativeStatus {
  try {
    const row = nativeRow(installedVariant());
    const fault = nativeFault(row);
    if (!fault) return { ok: true };
    const paths = nativePaths(row);
    const tool = missingTool({
      python: tensorflowFault(row, paths.tensorflow) !== undefined,
      compiler: folderFault(paths.binding, bindingSource()) !== undefined,
    });
    const cause = tool ? `${tool}, then npx @mmolre/backend install` : 'run npx @mmolre/backend install';
    return {
      ok: false,
      reason: `native is not installed: ${fault.startsWith('it was never') ? '' : `${fault}; `}${cause}`,
    };
  } catch (error) {
    return { ok: false, reason: `native is not installed: ${explain(error)}` };
  }
}
