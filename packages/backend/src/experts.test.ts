import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missingTool, requireCompiler } from './compiler';

const SOURCE = fileURLToPath(new URL('../test/experts.cc', import.meta.url));
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'experts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...flags: string[]) {
  const program = join(folder, 'program');
  const options = ['-std=c++17', '-O1', '-g', '-Wno-psabi', ...SANITIZERS, ...flags];
  execFileSync(requireCompiler(), [...options, SOURCE, '-o', program]);
  return spawnSync(program, { encoding: 'utf8' });
}

test.skipIf(missingTool({ python: false, compiler: true }) || process.platform !== 'linux')(
  "the experts' operations read and write nothing beyond what is theirs, as sanitizers see it",
  () => {
    expect(run()).toMatchObject({ status: 0, stdout: 'nothing beyond\n', stderr: '' });
    expect(run('-DTOO_SHORT=1').stderr).toContain('heap-buffer-overflow');
  },
  60_000,
);
