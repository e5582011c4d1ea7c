import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './copy-repository';

test.each(['moe', 'startup', 'paired'])('pnpm bench %s finds what it builds first', (name) => {
  const bench = join(repository, 'scripts/bench.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [bench, name, '--help'], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^Usage: pnpm bench/);
});
