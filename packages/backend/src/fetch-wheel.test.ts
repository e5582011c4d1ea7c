import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { sha256OfFile } from '@mmolre/files';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { hasPython, offline, removeTemporaryFolders, temporaryFolder, wheelhouse } from '../test/scratch-project';
import { fetchWheel } from './fetch-wheel';
import { nativeRow } from './platforms';

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
    await expect(fetchWheel(open, folder, silent)).rejects.toThrow(
      'tensorflow-cpu 2.21.0 has no verified checksum yet',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('says so when there is no such wheel to be had', async () => {
    for (const [name, value] of Object.entries(offline(temporaryFolder()))) vi.stubEnv(name, value);
    const message = /^downloading .* failed \(pip: Could not find a version .*\); check the network, then try again$/;
    await expect(fetchWheel(row, temporaryFolder(), silent)).rejects.toThrow(message);
  });
});
