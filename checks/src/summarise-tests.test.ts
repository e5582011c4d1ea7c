import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { RESULTS, summariseTests } from '../../scripts/summarise-tests.mjs';

// What `npm test` counts, on real runs of vitest over small suites.

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const root = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-summary-')));
symlinkSync(modules, join(root, 'node_modules'));
afterAll(() => rmSync(root, { recursive: true }));

const PASSING = "test('is right', () => {});";
const IMPORT = "import { beforeAll, describe, expect, test } from 'vitest';";

/** Runs suites as a package's tests; returns the summary, and vitest's exit code in it. */
function run(name: string, suites: Record<string, string>) {
  mkdirSync(join(root, name), { recursive: true });
  for (const [suite, body] of Object.entries(suites))
    writeFileSync(join(root, name, `${suite}.test.js`), `${IMPORT}\n${body}\n`);
  const vitest = join(modules, 'vitest/vitest.mjs');
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--root', '.', '--reporter=json', `--outputFile=${RESULTS}`],
    {
      cwd: join(root, name),
      stdio: 'ignore',
    },
  );
  return { status, ...summariseTests(root, [name], status) };
}

test('tests that pass and tests that fail are counted, and those that fail are named last', () => {
  const wrong = `${PASSING} describe('a block', () => { test('is wrong', () => expect(1).toBe(2)); });`;
  expect(run('mixed', { a: wrong, b: `${PASSING} test.skip('on a Mac', () => {});` })).toEqual({
    status: 1,
    passed: 2,
    failed: 1,
    lines: [
      'skipped: mixed/b.test.js: on a Mac',
      'failed: mixed/a.test.js: a block is wrong: AssertionError: expected 1 to be 2 // Object.is equality',
    ],
  });
});

test('a suite that throws while it is imported is one failed, and named', () => {
  expect(run('thrown', { a: PASSING, b: "throw new Error('no such file');" })).toEqual({
    status: 1,
    passed: 1,
    failed: 1,
    lines: ['failed: thrown/b.test.js did not load: no such file'],
  });
});

test('a suite without a test, and a block that cannot be set up, are one failed each', () => {
  const hook = `describe('of the block', () => { beforeAll(() => { throw new Error('no'); }); ${PASSING} });`;
  const { passed, failed, lines } = run('empty', { a: '', b: hook });
  expect([passed, failed, lines.length]).toEqual([0, 2, 2]);
  expect(lines).toContainEqual(expect.stringMatching(/^failed: empty\/a.test.js did not load: No test suite found/));
  expect(lines).toContain('failed: empty/b.test.js could not be set up');
});

test('what was skipped is told in a line each, and is not failed', () => {
  const block = `describe.skipIf(true)('the corpus itself', () => { ${PASSING} test('has all', () => {}); });`;
  const single = `describe('a block', () => { ${PASSING} test.skipIf(true)('on a Mac', () => {}); });`;
  expect(run('skipping', { a: block + single })).toEqual({
    status: 0,
    passed: 1,
    failed: 0,
    lines: [
      'skipped: skipping/a.test.js: the corpus itself (2 tests)',
      'skipped: skipping/a.test.js: a block on a Mac',
    ],
  });
});

test('an error outside of every test is one failed', () => {
  const late = "test('ends early', () => { setTimeout(() => { throw new Error('late'); }); });";
  expect(run('late', { a: late })).toEqual({
    status: 1,
    passed: 1,
    failed: 1,
    lines: ['failed: the tests ended with exit code 1, though each passed'],
  });
});

test('a package whose tests left no results is one failed', () => {
  mkdirSync(join(root, 'crashed'));
  expect(summariseTests(root, ['crashed'], 1)).toEqual({
    passed: 0,
    failed: 1,
    lines: ['failed: crashed: its tests ended without results'],
  });
});
