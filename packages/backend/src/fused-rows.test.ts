import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missingTool, requireCompiler } from './compiler';

const SOURCE = fileURLToPath(new URL('../test/fused-rows.cc', import.meta.url));
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fused-rows-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...flags: string[]) {
  const program = join(folder, 'program');
  execFileSync(requireCompiler(), [
    '-std=c++17',
    '-O1',
    '-g',
    '-Wno-psabi',
    ...SANITIZERS,
    ...flags,
    SOURCE,
    '-o',
    program,
  ]);
  return spawnSync(program, { encoding: 'utf8' });
}

test.skipIf(missingTool({ python: false, compiler: true }) || process.platform !== 'linux')(
  'the fused kernels read and write nothing beyond their rows, as sanitizers see it',
  () => {
    for (const lanes of [8, 16])
      expect(run(`-DLANE_COUNT=${lanes}`)).toMatchObject({ status: 0, stdout: 'nothing beyond\n', stderr: '' });
    expect(run('-DTOO_SHORT=1').stderr).toContain('heap-buffer-overflow');
  },
);
