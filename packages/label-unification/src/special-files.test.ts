import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeSpecialFile, SPECIAL_FILES } from '@mmolre/files/test';
import { afterAll, expect, test } from 'vitest';
import { readSimcseData } from './simcse/simcse-data';
import { readUnifiedCsv } from './unified-csv';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-special-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(SPECIAL_FILES)('%s where a file is expected is refused in one line', async (kind) => {
  const found = kind === '/dev/zero' ? 'a device' : 'a pipe';
  for (const [name, read] of Object.entries({
    'u.csv': readUnifiedCsv,
    'nli.csv': readSimcseData,
    'a.txt': readSimcseData,
  })) {
    const path = join(folder, name);
    placeSpecialFile(kind, path);
    await expect(read(path)).rejects.toThrow(`${path}: expected a file, found ${found}`);
  }
});
