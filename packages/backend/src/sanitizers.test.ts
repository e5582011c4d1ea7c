import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingTool, requireCompiler } from './compiler';

const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanitizers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(source: string, ...flags: string[]) {
  const program = join(folder, 'program');
  const options = ['-std=c++17', '-O1', '-g', '-Wno-psabi', ...SANITIZERS, ...flags];
  const file = fileURLToPath(new URL(`../test/${source}`, import.meta.url));
  execFileSync(requireCompiler(), [...options, file, '-o', program]);
  return spawnSync(program, { encoding: 'utf8' });
}

const isMissing = missingTool({ python: false, compiler: true }) || process.platform !== 'linux';

describe.skipIf(isMissing)('the arithmetic of our operations, as sanitizers see it', () => {
  test.each([
    ['fused-rows.cc', ['-DLANE_COUNT=8']],
    ['fused-rows.cc', ['-DLANE_COUNT=16']],
    ['experts.cc', []],
  ])('%s %s reads and writes nothing beyond what is its own', (source, flags) => {
    expect(run(source, ...flags)).toMatchObject({ status: 0, stdout: 'nothing beyond\n', stderr: '' });
  });

  test.each(['fused-rows.cc', 'experts.cc'])('%s is found out where memory is too short', (source) => {
    expect(run(source, '-DTOO_SHORT=1').stderr).toContain('heap-buffer-overflow');
  });
});
