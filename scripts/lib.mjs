import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@12.21.0';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds what is out of date, quietly and on standard error, so that a program's own output stays clean. A failure ends the program. */
export function build(...filters) {
  const selection = filters.flatMap((name) => ['--filter', name]);
  const status = turbo(root, ['build', ...selection, '--output-logs=errors-only'], 2);
  if (status !== 0) process.exit(status);
}

/** `turbo run` with these arguments, its output on the given stream of this program; returns its exit code. */
export function turbo(folder, args, stream) {
  const { status } = startTurbo(folder, args, ['ignore', stream, 2]);
  return status ?? 1;
}

/** The folders, relative to the workspace's, of the packages that a task of turbo's would run in. */
export function foldersOf(folder, task, selection) {
  const { status, stdout } = startTurbo(folder, [task, ...selection, '--dry=json'], ['ignore', 'pipe', 2]);
  if (status !== 0) process.exit(status ?? 1);
  // Where CI is set, turbo greets before its JSON.
  const { tasks } = JSON.parse(stdout.slice(stdout.search(/^\{/m)));
  return tasks.filter((one) => one.task === task && one.command !== '<NONEXISTENT>').map(({ directory }) => directory);
}

function startTurbo(folder, args, stdio) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };
  // turbo asks pnpm for the workspace; npx puts a pnpm on the path where the user has none.
  const hasPnpm = !spawnSync('pnpm', ['--version'], { stdio: 'ignore' }).error;
  const [command, before] = hasPnpm ? ['node_modules/.bin/turbo', []] : ['npx', ['--yes', PNPM, 'exec', 'turbo']];
  const result = spawnSync(command, [...before, 'run', ...args], {
    cwd: folder,
    env,
    stdio,
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (result.error) throw result.error;
  return result;
}

/**
 * Runs the app in a folder (relative to the root) with the given arguments on this terminal and returns its exit code: 128 and the signal's
 * number if a signal ended it. Ctrl-C reaches it directly; SIGTERM and SIGHUP are passed on.
 */
export function runApp(folder, args) {
  const child = spawn(process.execPath, [`${root}/${folder}/dist/cli.js`, ...args], { stdio: 'inherit' });
  const wait = () => {};
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', wait).on('SIGTERM', forward).on('SIGHUP', forward);
  return new Promise((done) => {
    child.on('exit', (code, signal) => {
      process.off('SIGINT', wait).off('SIGTERM', forward).off('SIGHUP', forward);
      done(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Runs a suite of the trainer's in its long form, on this terminal, and makes its exit code this program's. */
export const runTrainerTest = (file, environment) => runLongTest('apps/trainer', file, environment);

/** The same for a suite of the app or package in this folder, with these options of vitest's before. */
export function runLongTest(folder, file, environment, options = []) {
  build(`./${folder}`);
  const { status, error } = spawnSync(
    'node_modules/.bin/vitest',
    ['run', '--config', '../../vitest.config.ts', '--root', '.', file, ...options],
    { cwd: `${root}/${folder}`, env: { ...process.env, ...environment }, stdio: 'inherit' },
  );
  if (error) throw error;
  process.exitCode = status ?? 1;
}
