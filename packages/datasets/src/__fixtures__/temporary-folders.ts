import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

type Files = Record<string, string | Uint8Array>;

/** Makes folders with given files for the tests of one file, and removes them at its end. */
export function temporaryFolders(): (files: Files) => Promise<string> {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'mmolre-data-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  return async (files) => {
    const folder = await mkdtemp(join(root, 'set-'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return folder;
  };
}

/** A recording made by scripts/reference/audio. */
export const audioFixture = (name: string) =>
  fileURLToPath(new URL(`../../../audio/src/__fixtures__/${name}`, import.meta.url));

/** A video, or sound in a form that is converted, made by scripts/reference/datasets/make_video_fixtures.py. */
export const videoFixture = (name: string) => fileURLToPath(new URL(`./videos/${name}`, import.meta.url));

/** A file made by scripts/reference/datasets. */
const corpusFixture = (name: string) => fileURLToPath(new URL(`./corpora/${name}`, import.meta.url));
export const readFixture = (name: string) => readFile(corpusFixture(name));

/**
 * A folder beside the repository with data that may not be in it; undefined where it is not there, and one line says that what needs it is not
 * tested. Read it within tests and hooks only, which are skipped then: what stands in a block is run also where the block is skipped.
 */
export function sharedData(name: string): string | undefined {
  const folder = fileURLToPath(new URL(`../../../../../shared/data/${name}`, import.meta.url));
  if (existsSync(folder)) return folder;
  console.warn(`not tested: what needs ${name}, which is not in ../shared/data`);
  return undefined;
}
