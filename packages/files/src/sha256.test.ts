import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sha256Of, sha256OfFile } from './sha256';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-sha-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// FIPS 180-2, appendix B.1
const OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('of parts and of a file', async () => {
  expect(sha256Of(['a', new Uint8Array([98]), 'c'])).toBe(OF_ABC);
  writeFileSync(join(folder, 'file'), 'abc');
  expect(await sha256OfFile(join(folder, 'file'))).toBe(OF_ABC);
  await expect(sha256OfFile(join(folder, 'nowhere'))).rejects.toThrow('ENOENT');
});
