import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@12.21.0';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds what is out of date, quietly and on standard error, so that a program's own output stays clean. */
export function build(...filters) {
  turbo(
    'build',
    filters.flatMap((name) => ['--filter', name]),
    ['--output-logs=errors-only'],
  );
}

/** Runs a turbo task; a failure ends the program with its exit code. */
export function turbo(task, selection, options = [], taskArguments = []) {
  const args = ['run', task, ...selection, ...options, ...(taskArguments.length > 0 ? ['--', ...taskArguments] : [])];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };
  // turbo asks pnpm for the workspace; npx puts a pnpm on the path where the user has none.
  const hasPnpm = !spawnSync('pnpm', ['--version'], { stdio: 'ignore' }).error;
  const [command, before] = hasPnpm ? ['node_modules/.bin/turbo', []] : ['npx', ['--yes', PNPM, 'exec', 'turbo']];
  const { status, error } = spawnSync(command, [...before, ...args], { cwd: root, env, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs the app in a folder (relative to the root) with the given arguments on this terminal and returns its exit code. Ctrl-C reaches it directly. */
export function runApp(folder, args) {
  const child = spawn(process.execPath, [`${root}/${folder}/dist/cli.js`, ...args], { stdio: 'inherit' });
  const wait = () => {};
  const forward = () => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', forward);
  return new Promise((done) => {
    child.on('exit', (code) => {
      process.off('SIGINT', wait).off('SIGTERM', forward);
      done(code ?? 1);
    });
  });
}
