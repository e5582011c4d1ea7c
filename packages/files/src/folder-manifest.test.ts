import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { folderFault, writeManifest } from './folder-manifest';

const root = mkdtempSync(join(tmpdir(), 'mmolre-manifest-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folderOf(files: Record<string, string>, source = 'wheel'): string {
  const folder = join(mkdtempSync(join(root, 'a-')), 'folder');
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
