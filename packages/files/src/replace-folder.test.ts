import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { replaceFolder } from './replace-folder';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-replace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const out = join(folder, 'model');
const content = () => readFileSync(join(out, 'a'), 'utf8');

/** Writes a folder with one file. */
const holding = (text: string) => async (beside: string) => {
  await mkdir(beside);
  await writeFile(join(beside, 'a'), text);
};

test('the new folder takes the place of the old one', async () => {
  for (const text of ['one', 'two']) {
    await replaceFolder(out, holding(text));
    expect(content()).toBe(text);
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
  expect(content()).toBe('kept');
  expect(readdirSync(folder)).toEqual(['model']);
});

test('what is needed on the way lies on the same disk and is gone afterwards', async () => {
  await replaceFolder(out, async (beside, scratch) => {
    expect(readdirSync(scratch)).toEqual([]);
    expect(dirname(dirname(scratch))).toBe(folder);
    writeFileSync(join(scratch, 'download'), 'large');
    await holding('unpacked')(beside);
  });
  expect(content()).toBe('unpacked');
  expect(readdirSync(folder)).toEqual(['model']);
});

test('a whole copy of another process stays, a broken one is replaced', async () => {
  const isWhole = (copy: string) => readFileSync(join(copy, 'a'), 'utf8') === 'whole';
  rmSync(out, { recursive: true });
  await replaceFolder(
    out,
    async (beside) => {
      await holding('whole, but late')(beside);
      await holding('whole')(out); // another process was faster
    },
    { keep: isWhole },
  );
  expect(content()).toBe('whole');
  writeFileSync(join(out, 'a'), 'cut');
  await replaceFolder(out, holding('whole'), { keep: isWhole });
  expect(content()).toBe('whole');
  expect(readdirSync(folder)).toEqual(['model']);
});

test('calls at once leave one of their folders, whole', async () => {
  const texts = ['a', 'b', 'c', 'd'];
  const results = await Promise.allSettled(texts.map((text) => replaceFolder(out, holding(text))));
  expect(results.map(({ status }) => status)).toEqual(texts.map(() => 'fulfilled'));
  expect(texts).toContain(content());
  expect(readdirSync(folder)).toEqual(['model']);
});

test('a file in its place is replaced too', async () => {
  rmSync(out, { recursive: true });
  writeFileSync(out, 'a file');
  await replaceFolder(out, holding('folder'));
  expect(content()).toBe('folder');
  mkdirSync(join(folder, 'deep'));
  await replaceFolder(join(folder, 'deep', 'er', 'model'), holding('made'));
  expect(readdirSync(join(folder, 'deep', 'er'))).toEqual(['model']);
});
