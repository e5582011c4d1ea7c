import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileSafely } from './write-file-safely';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-write-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('text, bytes and parts are written whole, in a folder that is made', async () => {
  const bytes = new Uint8Array(3_000_000).map((_, i) => i);
  const path = join(folder, 'a', 'b', 'file');
  await writeFileSafely(path, 'größer');
  expect(readFileSync(path, 'utf8')).toBe('größer');
  await writeFileSafely(path, bytes.subarray(7));
  expect(readFileSync(path).equals(bytes.subarray(7))).toBe(true);
  await writeFileSafely(path, [bytes.subarray(0, 10), bytes.subarray(10)]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file']);
});

test('where writing fails half way, the old file stays and nothing lies beside it', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'old');
  function* parts() {
    yield new Uint8Array(1_000_000);
    throw new Error('disk full');
  }
  await expect(writeFileSafely(path, parts())).rejects.toThrow(`${path}: could not be written: disk full`);
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a place that cannot be written is named', async () => {
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'folder', 'full'), { recursive: true });
  for (const path of [join(folder, 'file', 'below'), join(folder, 'folder')])
    await expect(writeFileSafely(path, 'text')).rejects.toThrow(`${path}: could not be written`);
  expect(readdirSync(folder)).toEqual(['file', 'folder']);
});

test('calls at once for one file leave one of their contents', async () => {
  const path = join(folder, 'file');
  const contents = ['a', 'b', 'c'].map((letter) => letter.repeat(500_000));
  await Promise.all(contents.map((content) => writeFileSafely(path, content)));
  expect(contents).toContain(readFileSync(path, 'utf8'));
  expect(readdirSync(folder)).toEqual(['file']);
});
