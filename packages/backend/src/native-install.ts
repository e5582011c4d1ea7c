import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheFolder, folderFault, replaceFolder } from '@mmolre/files';
import { findCards } from './cards';
import { BINDING_FILES, bindingSource, compileBinding } from './compile-binding';
import { missingTool } from './compiler';
import { BackendError, explain } from './errors';
import { fetchTensorflow } from './fetch-tensorflow';
import { withInstallLock } from './install-lock';
import {
  type InstallRecord,
  installedVariant,
  type NativePaths,
  type NativeStatus,
  nativeFault,
  nativePaths,
  tensorflowFault,
} from './native-state';
import { type NativeRow, nativeRow, type Variant } from './platforms';
import { selfTest } from './self-test';

export type InstallOptions = {
  /** Receives a line for each long step. */
  log?: (line: string) => void;
  /** Do every step again, also those that are done. */
  force?: boolean;
  /** Which build of TensorFlow; as installed before, else `cpu`. Where there is no card for `gpu`, `log` is told so and it is `cpu`. */
  variant?: Variant;
  /** Take `gpu` without a look for a card, as to prepare an image. */
  withoutCard?: boolean;
  /** Another row than the table's, for tests and closed networks with a wheel of their own. */
  row?: NativeRow;
};

/**
 * Installs the native backend, or what an earlier attempt left undone. Each step is checked, done beside its place
 * and renamed into it, so that whatever interrupts it, nothing half-done looks complete.
 *
 * @returns false if everything was in place already.
 * @throws BackendError in one line: what is missing and how to get it, or why TensorFlow cannot use the card that there is.
 */
export async function installNative(options: InstallOptions = {}): Promise<boolean> {
  const { log = () => {}, force = false } = options;
  const row = options.row ?? chosenRow(options, log);
  const paths = nativePaths(row);
  if (!force && !nativeFault(row)) return false;
  await withInstallLock(log, async () => {
    if (!force && !nativeFault(row)) return;
    requireTools(row, paths, force);
    if (!row.tried) log(`${row.key} is in the table but was never tried by us; its self-test decides`);
    rmSync(paths.record, { force: true });
    if (force || tensorflowFault(row, paths.tensorflow)) await cacheTensorflow(row, paths, log, force);
    linkTensorflow(paths);
    const source = bindingSource();
    const cached = !force && !folderFault(paths.binding, source);
    if (!cached) await cacheBinding(paths, log, force);
    copyBinding(paths);
    let fault = await test(row, paths, log);
    if (fault && cached) {
      await cacheBinding(paths, log, true); // compiled on another machine, perhaps
      copyBinding(paths);
      fault = await test(row, paths, log);
    }
    if (fault) throw new BackendError(`the native backend was built but does not run: ${fault}`);
    const record: InstallRecord = { variant: row.variant, tensorflow: row.key, binding: source };
    replaceFile(paths.record, (file) => writeFileSync(file, `${JSON.stringify(record)}\n`));
  });
  return true;
}

/**
 * Makes sure the native backend is installed; never throws. When it is, this takes a few milliseconds.
 *
 * @returns Why not, in one line, if it could not be installed.
 */
export async function ensureNative(options: InstallOptions = {}): Promise<NativeStatus> {
  try {
    await installNative(options);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: explain(error) };
  }
}

function chosenRow({ variant, withoutCard }: InstallOptions, log: Log): NativeRow {
  const row = nativeRow(variant ?? installedVariant());
  if (variant !== 'gpu' || withoutCard) return row;
  const { cards, fault } = findCards();
  if (!fault) return row;
  if (cards.length > 0) throw new BackendError(`${fault}; without --gpu the CPU library is installed`);
  log(`${fault}; so the CPU library is installed (--without-card takes that for GPUs all the same)`);
  return nativeRow('cpu');
}

/** Says at once what is missing, rather than after a long download. */
function requireTools(row: NativeRow, paths: NativePaths, force: boolean): void {
  const missing = missingTool({
    python: force || tensorflowFault(row, paths.tensorflow) !== undefined,
    compiler: force || folderFault(paths.binding, bindingSource()) !== undefined,
  });
  if (missing) throw new BackendError(missing);
}

type Log = (line: string) => void;

async function cacheTensorflow(row: NativeRow, paths: NativePaths, log: Log, force: boolean): Promise<void> {
  const write = (folder: string, scratch: string) => fetchTensorflow(row, folder, scratch, log);
  await replaceFolder(paths.tensorflow, write, { keep: (copy) => !force && !tensorflowFault(row, copy) });
}

async function cacheBinding(paths: NativePaths, log: Log, force: boolean): Promise<void> {
  log('compiling the binding');
  const write = (folder: string) => compileBinding(paths.tensorflow, folder);
  const source = bindingSource();
  await replaceFolder(paths.binding, write, { keep: (copy) => !force && !folderFault(copy, source) });
}

async function test(row: NativeRow, paths: NativePaths, log: Log): Promise<string | undefined> {
  log('testing the native backend');
  return selfTest(paths.folder, row.variant);
}

function linkTensorflow({ lib, include, tensorflow }: NativePaths): void {
  for (const link of [lib, include]) {
    const old = lstatSync(link, { throwIfNoEntry: false });
    if (old && !old.isSymbolicLink()) rmSync(link, { recursive: true }); // a copy of node_modules may have followed the link
    replaceFile(link, (file) => symlinkSync(join(tensorflow, basename(link)), file));
  }
}

function copyBinding({ binding, folder }: NativePaths): void {
  for (const name of BINDING_FILES) replaceFile(join(folder, name), (file) => copyFileSync(join(binding, name), file));
}

/** Makes a new file beside the old one and renames it, so that the old one is never written into. */
function replaceFile(file: string, make: (temporary: string) => void): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  rmSync(temporary, { force: true });
  make(temporary);
  renameSync(temporary, file);
}

/** Removes the native backend from this project, and this user's cached copies with it, which other clones use too. */
export async function uninstallNative(): Promise<{ removed: string[] }> {
  const { folder } = nativePaths(nativeRow(installedVariant()));
  return withInstallLock(
    () => {},
    async () => {
      const copies = readdirSync(cacheFolder()).filter((name) => /^(tensorflow|binding)-/.test(name));
      const places = [folder, ...copies.map((name) => join(cacheFolder(), name))];
      const removed = places.filter((place) => lstatSync(place, { throwIfNoEntry: false }));
      for (const place of removed) rmSync(place, { recursive: true, force: true });
      return { removed };
    },
  );
}
