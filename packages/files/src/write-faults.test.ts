import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceFolder } from './replace-folder';
import { flush, notWritten } from './write-faults';

const files = new URL('../dist/index.js', import.meta.url).href;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-faults-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program below that limit of the shell's; `files` is what this package exports, `folder` a folder. Gives what it printed. */
function below(limit: string, program: string): string {
  const script = `
    const files = await import(${JSON.stringify(files)});
    const fs = await import('node:fs');
    const folder = ${JSON.stringify(folder)};
    ${program}
  `;
  const shell = `ulimit ${limit} && exec "$0" --input-type=module -e "$1"`;
  const { status, signal, stdout, stderr } = spawnSync('bash', ['-c', shell, process.execPath, script], {
    encoding: 'utf8',
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return stdout.trim();
}
const tell = '.then(() => console.log("written"), (error) => console.log(error.message));';

describe.runIf(process.platform !== 'win32' && existsSync('/bin/bash'))('below a limit of the system', () => {
  test('a file that may not be so large leaves the old one, and is named with the reason', () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    const write = `await files.writeFileSafely(${JSON.stringify(path)}, new Uint8Array(3_000_000))${tell}`;
    expect(below('-f 1000', write)).toBe(`${path}: could not be written: larger than a file may be here`);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('a folder with such a file leaves the old one', () => {
    const path = join(folder, 'model');
    mkdirSync(path);
    writeFileSync(join(path, 'old'), '');
    const replace = (write: string) => `
      await files.replaceFolder(${JSON.stringify(path)}, async (made) => { fs.mkdirSync(made); ${write} })${tell}
    `;
    const raw = "fs.writeFileSync(made + '/big', new Uint8Array(3_000_000));";
    expect(below('-f 1000', replace(raw))).toBe(`${path}: could not be written: larger than a file may be here`);
    const safe = "await files.writeFileSafely(made + '/big', new Uint8Array(3_000_000));";
    expect(below('-f 1000', replace(safe))).toMatch(
      /\/made\/big: could not be written: larger than a file may be here$/,
    );
    expect(readdirSync(path)).toEqual(['old']);
    expect(readdirSync(folder)).toEqual(['model']);
  });

  test('too many open files are told as that, and later, with some closed, it works', () => {
    const path = join(folder, 'file');
    const [write, replace] = [
      `files.writeFileSafely(${JSON.stringify(path)}, 'new')`,
      'files.replaceFolder(folder + "/model", async (made) => fs.mkdirSync(made))',
    ];
    const program = `
      const open = [];
      try { while (true) open.push(fs.openSync('/dev/null', 'r')); } catch {}
      await ${write}${tell}
      for (const file of open) fs.closeSync(file);
      await ${write}${tell}
      await ${replace}${tell}
    `;
    const refused = `${path}: could not be written: this program has too many files open`;
    expect(below('-n 32', program).split('\n')).toEqual([refused, 'written', 'written']);
    expect(readdirSync(folder).sort()).toEqual(['file', 'model']);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  test.runIf(process.getuid?.() === 0)('a full disk, and one that can only be read', () => {
    const mount = (...options: string[]) => spawnSync('mount', [...options, folder]).status;
    expect(mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs')).toBe(0);
    try {
      const path = join(folder, 'file');
      writeFileSync(path, 'old');
      const write = `await files.writeFileSafely(${JSON.stringify(path)}, new Uint8Array(3_000_000))${tell}`;
      expect(below('-c 0', write)).toBe(`${path}: could not be written: no space left on the disk`);
      expect(readdirSync(folder)).toEqual(['file']);
      expect(mount('-o', 'remount,ro')).toBe(0);
      expect(below('-c 0', write)).toBe(`${path}: could not be written: the disk can only be read`);
      const replace = `await files.replaceFolder(folder + '/model', async () => {})${tell}`;
      expect(below('-c 0', replace)).toBe(`${folder}/model: could not be written: the disk can only be read`);
      expect(readFileSync(path, 'utf8')).toBe('old');
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

test.each([
  ['ENOSPC', 'no space left on the disk'],
  ['EDQUOT', "the user's share of the disk is used up"],
  ['ENOENT', 'its folder is not there'],
  ['EXDEV', 'the system said so'],
])('%s in words', (code, words) => {
  const error = Object.assign(new Error('the system said so'), { code });
  expect(notWritten('a/file', error)).toEqual(new Error(`a/file: could not be written: ${words}`));
});

test('what goes wrong in making a folder, and is not the disk’s, is told as it is', async () => {
  const failing = async () => void readFileSync(join(folder, 'input'));
  await expect(replaceFolder(join(folder, 'model'), failing)).rejects.toThrow('ENOENT: no such file or directory');
  writeFileSync(join(folder, 'file'), '');
  await expect(replaceFolder(join(folder, 'file', 'model'), failing)).rejects.toThrow(
    'file/model: could not be written: something else stands where a folder should be',
  );
});

test('files and folders are flushed, and what is gone is none of its business', async () => {
  writeFileSync(join(folder, 'file'), '');
  for (const name of ['file', '', 'gone']) await flush(join(folder, name));
});
