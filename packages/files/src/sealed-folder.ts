import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { quoted, shownPath } from './data-error';
import { readJson } from './read-json';
import { sha256OfFile } from './sha256';
import { writeFileSafely } from './write-file-safely';

/** In every sealed folder: what else is in it. */
export const SEAL_FILE = 'manifest.json';

/** Of a name that a seal gives and no file has, in a message. */
const MAX_NAME = 200;

type Seal = { files: Record<string, { bytes: number; sha256: string }> };

/** Writes, last, what a folder holds: the size and the SHA-256 of each file, by its path in the folder. */
export async function sealFolder(folder: string): Promise<void> {
  const seal: Seal = { files: {} };
  for (const name of await filesBelow(folder)) {
    const path = join(folder, name);
    seal.files[name] = { bytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
  }
  await writeFileSafely(join(folder, SEAL_FILE), `${JSON.stringify(seal, null, 1)}\n`);
}

/** What is wrong with a sealed folder, in a few words that begin with the file; undefined if it holds what was sealed, to the last bit. */
export async function sealFault(folder: string): Promise<string | undefined> {
  const seal = (await readJson(join(folder, SEAL_FILE)).catch(() => undefined)) as Partial<Seal> | null | undefined;
  if (typeof seal?.files !== 'object' || seal.files === null) return `${SEAL_FILE} is missing or cannot be read`;
  const there = new Set(await filesBelow(folder)); // what a seal names and is not there is never looked for elsewhere
  for (const [name, expected] of Object.entries(seal.files)) {
    if (typeof expected?.bytes !== 'number') return `${SEAL_FILE} gives no size of ${quoted(name)}`;
    if (!there.has(name)) return `${shownPath(name.slice(0, MAX_NAME))} is missing`;
    const { size } = await stat(join(folder, name));
    if (size !== expected.bytes) return `${shownPath(name)} has ${size} bytes, expected ${expected.bytes}`;
    if ((await sha256OfFile(join(folder, name))) !== expected.sha256)
      return `${shownPath(name)} has changed since it was written`;
  }
  return undefined;
}

/** Paths with `/` between folders, sorted. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== SEAL_FILE)
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
