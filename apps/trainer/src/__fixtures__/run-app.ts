import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a built program as a user standing in that folder does. */
export function runApp(name: 'trainer' | 'eval', folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = fileURLToPath(new URL(`../../../${name}/dist/cli.js`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: folder, ...env },
    timeout: 110_000,
  });
  return { status, stdout, stderr, lastLine: stderr.trim().split('\n').at(-1)! };
}
