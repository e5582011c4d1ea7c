import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

// What `npm test` runs, in a small workspace of three packages of which the first has a suite that does not load.

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const root = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-workspace-')));
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, content: object | string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

beforeAll(() => {
  write('package.json', { name: 'small', private: true, packageManager: 'npm@11.0.0', workspaces: ['packages/*'] });
  write('.gitignore', 'node_modules\n');
  write('turbo.json', { tasks: { test: { cache: false } } });
  const passing = "import { test } from 'vitest';\ntest('is right', () => {});\n";
  for (const name of ['a', 'b', 'c']) {
    write(`packages/${name}/package.json`, { name, version: '0.0.0', scripts: { test: 'vitest run --root .' } });
    write(`packages/${name}/right.test.js`, passing);
    symlinkSync(here('../node_modules'), join(root, `packages/${name}/node_modules`));
  }
  write('packages/a/wrong.test.js', "throw new Error('nothing beside it');\n");
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  symlinkSync(here('../../node_modules/.bin/turbo'), join(root, 'node_modules/.bin/turbo'));
  // This workspace is npm's: a pnpm that does nothing is enough.
  write('bin/pnpm', '#!/bin/sh\n');
  chmodSync(join(root, 'bin/pnpm'), 0o755);
});

/** The last lines that `runTests` prints, and its exit code. */
async function run(selection: string[]) {
  const script = `import { runTests } from ${JSON.stringify(here('../../scripts/run-tests.mjs'))};
    process.exitCode = runTests(${JSON.stringify(root)}, ${JSON.stringify(selection)});`;
  const env = { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}` };
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: root, env });
  const { stdout, code = 0 } = (await running.catch((error: { stdout: string; code: number }) => error)) as {
    stdout: string;
    code?: number;
  };
  return { code, lines: stdout.trim().split('\n').slice(-2) };
}

test('a suite that does not load makes it fail, with a count above 0, after all the others', async () => {
  expect(await run([])).toEqual({
    code: 1,
    lines: ['failed: packages/a/wrong.test.js did not load: nothing beside it', '3 passed, 1 failed'],
  });
});

test('packages can be selected', async () => {
  const { code, lines } = await run(['--filter', 'b', '--filter', 'c']);
  expect([code, lines.at(-1)]).toEqual([0, '2 passed, 0 failed']);
});
