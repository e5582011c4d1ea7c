import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { SEAL_FILE, sealFault, sealFolder } from './sealed-folder';

const root = mkdtempSync(join(tmpdir(), 'mmolre-seal-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folder = join(root, 'folder');
beforeEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  writeFileSync(join(folder, 'a'), 'one');
  writeFileSync(join(folder, 'deep/er/b'), '');
  await sealFolder(folder);
});

test('a folder as it was sealed has no fault, wherever it is now', async () => {
  expect(Object.keys(JSON.parse(readFileSync(join(folder, SEAL_FILE), 'utf8')).files)).toEqual(['a', 'deep/er/b']);
  expect(await sealFault(folder)).toBeUndefined();
  const copy = join(root, 'copy');
  cpSync(folder, copy, { recursive: true });
  expect(await sealFault(copy)).toBeUndefined();
  writeFileSync(join(folder, 'more'), 'of a file manager');
  expect(await sealFault(folder)).toBeUndefined();
});

test.each<[string, () => void, string]>([
  ['another byte', () => writeFileSync(join(folder, 'a'), 'onf'), 'a has changed since it was written'],
  ['another length', () => writeFileSync(join(folder, 'deep/er/b'), 'x'), 'deep/er/b has 1 bytes, expected 0'],
  ['no file', () => rmSync(join(folder, 'a')), 'a is missing'],
  [
    'a link in its place',
    () => {
      rmSync(join(folder, 'a'));
      writeFileSync(join(root, 'one'), 'one');
      symlinkSync(join(root, 'one'), join(folder, 'a'));
    },
    'a is missing',
  ],
  ['no seal', () => rmSync(join(folder, SEAL_FILE)), `${SEAL_FILE} is missing or cannot be read`],
  [
    'a seal of nothing',
    () => writeFileSync(join(folder, SEAL_FILE), '[]'),
    `${SEAL_FILE} is missing or cannot be read`,
  ],
])('%s is its fault', async (_, damage, fault) => {
  damage();
  expect(await sealFault(folder)).toBe(fault);
});
