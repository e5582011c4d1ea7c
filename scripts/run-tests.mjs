import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf, turbo } from './lib.mjs';
import { RESULTS, summariseTests } from './summarise-tests.mjs';

/**
 * Runs the tests of a workspace's packages, which are built, one after the other and to the last one whatever fails. Closes with what was skipped, what
 * is wrong, and a line `N passed, M failed`.
 *
 * @param selection Of packages, as turbo's `--filter`.
 * @param files Vitest's filters: of each package the suites that match one; without, all.
 * @returns The exit code.
 */
export function runTests(workspace, selection, files = []) {
  const folders = foldersOf(workspace, 'test', selection);
  for (const folder of folders) rmSync(join(workspace, folder, RESULTS), { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];
  const filters = files.length > 0 ? ['--passWithNoTests', ...files] : [];
  // Turbo would build anew for what stands behind `--`.
  const options = ['--only', '--continue', '--concurrency=1', '--output-logs=full', '--log-order=stream'];
  const exitCode = turbo(workspace, ['test', ...selection, ...options, '--', ...reporters, ...filters], 1);
  const { passed, failed, lines } = summariseTests(workspace, folders, exitCode);
  for (const line of lines) console.log(line);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
