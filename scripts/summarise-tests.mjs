import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where a package's tests leave their results, in vitest's JSON. */
export const RESULTS = '.test-results/results.json';

/**
 * What came of the tests of some packages, by the files that they left in their folders.
 *
 * A suite that did not load, a hook that failed, and a package without results (vitest itself crashed) each count as one failed. `lines` says
 * what was skipped, since it needs something that is not there, and then, last, of each that failed what it was.
 *
 * @param exitCode What the test runners ended with. One other than 0 makes at least one failed: an error may be outside of every test.
 */
export function summariseTests(root, folders, exitCode) {
  const reports = folders.map((folder) => summariseFolder(root, folder));
  const passed = sum(reports.map((report) => report.passed));
  const failed = sum(reports.map((report) => report.failed));
  const lines = [...reports.flatMap((report) => report.skipped), ...reports.flatMap((report) => report.failures)];
  if (exitCode === 0 || failed > 0) return { passed, failed, lines };
  return {
    passed,
    failed: 1,
    lines: [...lines, `failed: the tests ended with exit code ${exitCode}, though each passed`],
  };
}

function summariseFolder(root, folder) {
  const file = join(root, folder, RESULTS);
  if (!existsSync(file)) {
    return { passed: 0, failed: 1, skipped: [], failures: [`failed: ${folder}: its tests ended without results`] };
  }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  const broken = testResults.filter(isBroken);
  const skipped = testResults.filter((suite) => !isBroken(suite)).flatMap(skippedIn);
  return {
    passed: numPassedTests,
    failed: numFailedTests + broken.length,
    skipped: skipped.map(
      ({ name, what, count }) => `skipped: ${relative(root, name)}: ${what}${count > 1 ? ` (${count} tests)` : ''}`,
    ),
    failures: [
      ...broken.map(
        ({ name, message }) =>
          `failed: ${relative(root, name)} ${message ? `did not load: ${firstLine(message)}` : 'could not be set up'}`,
      ),
      ...testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status }) => status === 'failed')
          .map(
            (test) => `failed: ${relative(root, name)}: ${test.fullName}: ${firstLine(test.failureMessages[0] ?? '')}`,
          ),
      ),
    ],
  };
}

/** Vitest calls the suite failed, and none of its tests. */
const isBroken = ({ status, assertionResults }) =>
  status === 'failed' && assertionResults.every((test) => test.status !== 'failed');

/** What was skipped in a suite: a block of tests as a whole, or single ones. */
function skippedIn({ name, assertionResults }) {
  const blockOf = ({ ancestorTitles, fullName }) => ancestorTitles[0] ?? fullName;
  const ran = new Set(assertionResults.filter(({ status }) => !isSkipped(status)).map(blockOf));
  const counts = new Map();
  for (const test of assertionResults.filter(({ status }) => isSkipped(status))) {
    const what = ran.has(blockOf(test)) ? test.fullName : blockOf(test);
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => ({ name, what, count }));
}

const isSkipped = (status) => status === 'skipped' || status === 'pending';
const firstLine = (text) => text.split('\n')[0];
const sum = (values) => values.reduce((total, value) => total + value, 0);
