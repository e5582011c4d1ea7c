import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** This user's cache folder: `$XDG_CACHE_HOME/mmolre`, or `~/.cache/mmolre`. */
export function cacheRoot(): string {
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'mmolre');
}

/** What a finished folder holds; written last, so a folder without one was interrupted. */
export type Manifest = {
  /** What the folder was made from, such as a wheel's checksum. */
  source: string;
  /** Size in bytes of each file, by its path in the folder. */
  files: Record<string, number>;
};

const manifestFile = 'manifest.json';

/** Writes a folder's manifest over the files it should hold. */
export function writeManifest(folder: string, source: string, files: string[]): void {
  const sizes = Object.fromEntries(files.map((file) => [file, statSync(join(folder, file)).size]));
  writeFileSync(
    join(folder, manifestFile),
    `${JSON.stringify({ source, files: sizes } satisfies Manifest, null, 1)}\n`,
  );
}

/** What is wrong with a cached folder, in a few words, or undefined if it is whole. */
export function folderFault(folder: string, source: string): string | undefined {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, manifestFile), 'utf8'));
  } catch {
    return existsSync(folder) ? 'it was not finished' : 'it is not there';
  }
  if (manifest.source !== source) return 'it was made from something else';
  for (const [file, size] of Object.entries(manifest.files ?? {})) {
    const found = statSync(join(folder, file), { throwIfNoEntry: false });
    if (!found) return `${file} is missing`;
    if (found.size !== size) return `${file} has ${found.size} bytes, not ${size}`;
  }
  return undefined;
}

/** A folder beside the cached ones, for work in progress. Removed by the next install if this one is cut off. */
export function temporaryFolder(): string {
  mkdirSync(cacheRoot(), { recursive: true });
  return mkdtempSync(join(cacheRoot(), 'tmp-'));
}

/**
 * Puts a finished folder in its place. Where another install was faster, its copy stays and this one is dropped.
 *
 * @param finished A folder with its manifest, on the same file system.
 * @param fault What is wrong with a copy, as `folderFault` says.
 */
export function publishFolder(finished: string, target: string, fault: (folder: string) => string | undefined): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    if (existsSync(target)) {
      if (!fault(target)) break;
      const aside = `${finished}-old`;
      try {
        renameSync(target, aside);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
      rmSync(aside, { recursive: true, force: true });
    }
    try {
      renameSync(finished, target);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  }
  rmSync(finished, { recursive: true, force: true });
}
