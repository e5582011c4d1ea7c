import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { slurmScript } from './slurm';

const trials = Array.from({ length: 3 }, (_, i) => ({ id: `${i}`, setting: {}, seed: i, args: [] }));

test('a script that a shell runs: a trial each by its number, with the folder as one word', () => {
  const script = slurmScript(
    { name: 'ranks', trials },
    { command: ['echo', 'cli.js'], folder: "/a b/it's", atOnce: 2 },
  );
  expect(script).toContain('#SBATCH --array=1-3%2\n');
  const { stdout } = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, SLURM_ARRAY_TASK_ID: '2' },
  });
  expect(stdout).toBe("cli.js study trial /a b/it's 2\n");
});
