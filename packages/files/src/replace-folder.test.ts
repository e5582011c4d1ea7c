import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { replaceFolder } from './replace-folder';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-replace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const out = join(folder, 'model');

test('the new folder takes the place of the old one', async () => {
  for (const text of ['one', 'two']) {
    await replaceFolder(out, async (beside) => {
      await mkdir(beside);
      await writeFile(join(beside, 'a'), text);
    });
    expect(readFileSync(join(out, 'a'), 'utf8')).toBe(text);
  }
  expect(readdirSync(folder)).toEqual(['model']);
});

test('the old one stays where writing fails, and where the new one cannot take its place', async () => {
  writeFileSync(join(out, 'a'), 'kept');
  const full = async () => {
    throw new Error('disk full');
  };
  await expect(replaceFolder(out, full)).rejects.toThrow('disk full');
  await expect(replaceFolder(out, async () => {})).rejects.toThrow('ENOENT');
  expect(readFileSync(join(out, 'a'), 'utf8')).toBe('kept');
  expect(readdirSync(folder)).toEqual(['model']);
});
