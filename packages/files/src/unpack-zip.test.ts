import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findProgram, runProgram } from './run-program';
import { unpackZip } from './unpack-zip';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-zip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const zip = join(folder, 'a.zip');
const out = join(folder, 'out');

describe.skipIf(!findProgram('python3'))('unpackZip', () => {
  beforeAll(async () => {
    const program =
      'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n' +
      '    for name in ["top/a.txt", "top/below/b.txt", "top/below/deep/c.txt", "topmost.txt"]: z.writestr(name, "of " + name)\n';
    await runProgram('python3', ['-c', program, zip]);
  });

  test('takes the named files, and all below a folder', async () => {
    const members = [
      { from: 'topmost.txt', to: 'x/y.txt' },
      { from: 'top/below/', to: 'b/' },
      { from: 'none/', to: 'none/' },
    ];
    expect(await unpackZip(zip, out, members)).toEqual(['x/y.txt', 'b/b.txt', 'b/deep/c.txt']);
    expect(readFileSync(join(out, 'x', 'y.txt'), 'utf8')).toBe('of topmost.txt');
    expect(readdirSync(out).sort()).toEqual(['b', 'x']);
  });

  test('says in one line what is wrong', async () => {
    const take = (from: string, to = 'a') => unpackZip(zip, out, [{ from, to }]);
    await expect(take('top')).rejects.toThrow(/^a\.zip: has no top$/);
    await expect(take('top/a.txt', '../a.txt')).rejects.toThrow(
      /^a\.zip: has a member outside its folder: top\/a\.txt$/,
    );
    writeFileSync(zip, 'no zip');
    await expect(take('top/a.txt')).rejects.toThrow(/^a\.zip: zipfile\.BadZipFile: File is not a zip file$/);
    vi.stubEnv('PATH', folder);
    await expect(take('top/a.txt')).rejects.toThrow('python3 was not found; ');
    vi.unstubAllEnvs();
  });
});
