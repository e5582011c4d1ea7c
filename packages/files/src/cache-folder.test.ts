import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaryFolders, temporaryFolder } from '@mmolre/backend';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { cacheRoot, folderFault, publishFolder, writeManifest } from './cache-folder';

afterAll(removeTemporaryFolders);

function folderOf(files: Record<string, string>, source = 'wheel'): string {
  const folder = join(temporaryFolder(), 'folder');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeManifest(folder, source, Object.keys(files));
  return folder;
}

test('finds every file that was removed or cut short', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 });
  const property = fc.property(names, fc.nat(), fc.boolean(), (files, pick, remove) => {
    const folder = folderOf(Object.fromEntries(files.map((name) => [name, `${name} has text`])));
    expect(folderFault(folder, 'wheel')).toBeUndefined();
    const victim = files[pick % files.length]!;
    if (remove) rmSync(join(folder, victim));
    else truncateSync(join(folder, victim), 3);
    expect(folderFault(folder, 'wheel')).toMatch(remove ? `${victim} is missing` : `${victim} has 3 bytes`);
  });
  fc.assert(property, { numRuns: 40 });
});

test('a folder without a manifest, or of another source, does not count', () => {
  const folder = folderOf({ a: 'text' });
  expect(folderFault(folder, 'another wheel')).toBe('it was made from something else');
  rmSync(join(folder, 'manifest.json'));
  expect(folderFault(folder, 'wheel')).toBe('it was not finished');
  expect(folderFault(join(folder, 'nowhere'), 'wheel')).toBe('it is not there');
});

test('publishing keeps a whole copy that is there already, and replaces a broken one', () => {
  const target = folderOf({ a: 'first' });
  const second = folderOf({ a: 'second' });
  publishFolder(second, target, (folder) => folderFault(folder, 'wheel'));
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('first');
  expect(existsSync(second)).toBe(false);

  truncateSync(join(target, 'a'), 1);
  publishFolder(folderOf({ a: 'third' }), target, (folder) => folderFault(folder, 'wheel'));
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('third');
});

test('the cache is in XDG_CACHE_HOME if that is an absolute path, else in ~/.cache', () => {
  vi.stubEnv('XDG_CACHE_HOME', '/somewhere');
  expect(cacheRoot()).toBe('/somewhere/mmolre');
  vi.stubEnv('XDG_CACHE_HOME', 'relative');
  vi.stubEnv('HOME', '/home/someone');
  expect(cacheRoot()).toBe('/home/someone/.cache/mmolre');
  vi.unstubAllEnvs();
});
