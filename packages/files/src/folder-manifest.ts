import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainFile } from './plain-file';

/** What a finished folder holds; written last, so a folder without one was interrupted. */
type Manifest = {
  /** What the folder was made from, such as a wheel's checksum. */
  source: string;
  /** Size in bytes of each file, by its path in the folder. */
  files: Record<string, number>;
};

const MANIFEST = 'manifest.json';

/** Writes a folder's manifest over the files it should hold. */
export function writeManifest(folder: string, source: string, files: string[]): void {
  const sizes = Object.fromEntries(files.map((file) => [file, statSync(join(folder, file)).size]));
  const manifest: Manifest = { source, files: sizes };
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** What is wrong with a folder that has a manifest, in a few words, or undefined if it is whole. */
export function folderFault(folder: string, source: string): string | undefined {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(plainFile(join(folder, MANIFEST)), 'utf8'));
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
