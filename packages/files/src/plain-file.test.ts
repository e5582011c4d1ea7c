import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayCache } from './array-cache';
import { folderFault } from './folder-manifest';
import { withLock } from './lock';
import { plainFile } from './plain-file';
import { readDataFile } from './read-file';
import { readJson } from './read-json';
import { findProgram } from './run-program';
import { sealFault } from './sealed-folder';
import { sha256OfFile } from './sha256';
import { placeSpecialFile, SPECIAL_FILES } from './testing/special-files';
import { unpackZip } from './unpack-zip';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-special-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(SPECIAL_FILES)('%s where a file is expected', (kind) => {
  const at = (name: string) => {
    placeSpecialFile(kind, join(folder, name));
    return join(folder, name);
  };
  const found = kind === '/dev/zero' ? 'a device' : 'a pipe';

  test.each([
    ['readDataFile', (path: string) => readDataFile(path, 100)],
    ['readJson', (path: string) => readJson(path)],
    ['sha256OfFile', sha256OfFile],
  ])('is refused by %s', async (_, read) => {
    const path = at('x');
    await expect(read(path)).rejects.toThrow(`${path}: expected a file, found ${found}`);
  });

  test.skipIf(!findProgram('python3'))('is refused by unpackZip', async () => {
    const path = at('x');
    const unpacked = unpackZip(path, join(folder, 'unpacked'), []);
    await expect(unpacked).rejects.toThrow(`${path}: expected a file, found ${found}`);
  });

  test('is no lock, no part of a cache and no manifest', async () => {
    const lock = at('lock');
    await expect(withLock(lock, async () => {})).rejects.toThrow(
      `${lock}: expected a lock's file, which cannot be read (${lock}: expected a file, found ${found}); remove what is there`,
    );
    const cache = arrayCache({ folder: join(folder, 'cache'), warn: (line) => expect.fail(line) });
    at('cache/shared/x.arrays');
    expect(cache.get('key')).toBeUndefined();
    at('manifest.json');
    expect(folderFault(folder, 'source')).toBe('it was not finished');
    expect(await sealFault(folder)).toBe('manifest.json is missing or cannot be read');
  });
});

test('a file comes back as its path, also by a link, and so does what is not there', () => {
  const [path, link, none] = ['file', 'link', 'none'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(path, '');
  symlinkSync(path, link);
  for (const plain of [path, link, none, join(path, 'below')]) expect(plainFile(plain)).toBe(plain);
  expect(() => plainFile(folder, 'the file')).toThrow('the file: expected a file, found a folder');
});
