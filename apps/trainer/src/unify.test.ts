import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the trainer has label unification as a command', () => {
  const app = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [app, 'unify', ...args], { encoding: 'utf8', timeout: 60_000 });
  expect(run('check', '--help').stdout).toContain('Usage: trainer unify check');
  const { status, stderr } = run('--targets', 'nowhere');
  expect([status, stderr]).toEqual([
    1,
    'trainer: expected --targets <folder> and at least one --source <folder> (--help lists every option)\n',
  ]);
}, 60_000);
