import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { repository } from './copy-repository';

// What a program loads decides how soon it is there, and is the same on a slow machine.

const folder = mkdtempSync(join(tmpdir(), 'mmolre-start-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs Node with these arguments. @returns Its standard output, and the packages of which it loaded a file. */
function started(...args: string[]) {
  const coverage = mkdtempSync(join(folder, 'coverage-'));
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: join(repository, 'checks'),
    encoding: 'utf8',
    env: { ...process.env, NODE_V8_COVERAGE: coverage },
  });
  expect(status, stderr).toBe(0);
  const [report] = readdirSync(coverage);
  const { result } = JSON.parse(readFileSync(join(coverage, report!), 'utf8')) as { result: { url: string }[] };
  const files = result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url));
  return { stdout, loaded: [...new Set(files.map(packageOf))].sort() };
}

/** `@tensorflow/tfjs` of a file of it, and `packages/nn` of one of ours. */
function packageOf(file: string): string {
  const [, name] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file) ?? [];
  return (name ?? file.slice(repository.length).split(/[\\/]/).slice(0, 2).join('/')).replace('\\', '/');
}

const OTHERS = ['commander', 'csv-parse', 'csv-stringify', 'fastest-levenshtein', 'pure-rand'];
const isOthers = (name: string) => !/^(apps|packages)\//.test(name);

describe.each([
  [
    'apps/trainer',
    ['', 'adapters', 'cost', 'data', 'experts', 'simcse', 'study', 'unify', 'variants', 'verify', 'worker'],
  ],
  ['apps/eval', ['', 'compare', 'export', 'predict', 'serve']],
  ['packages/backend', ['', 'install']],
  ['packages/label-unification', ['', 'check']],
  ['packages/metrics', ['', 'check']],
])('%s', (place, commands) => {
  test.each(commands)('%s --help loads neither TensorFlow.js nor what draws a report', (command) => {
    const program = join(repository, place, 'dist/cli.js');
    const { stdout, loaded } = started(program, ...(command ? [command] : []), '--help');
    expect(stdout).toMatch(new RegExp(`^Usage: \\S+${command ? ` ${command}` : ''} `));
    expect(loaded).toContain(place);
    expect(loaded.filter(isOthers).filter((name) => !OTHERS.includes(name))).toEqual([]);
  });
});

test('@mmolre/moe loads @mmolre/nn and a random generator beside TensorFlow.js', () => {
  const load = (...names: string[]) =>
    started('--input-type=module', '-e', names.map((name) => `import '${name}';`).join('\n')).loaded;
  const tfjs = load('@tensorflow/tfjs');
  expect(tfjs).toContain('@tensorflow/tfjs-core');
  const added = load('@tensorflow/tfjs', '@mmolre/moe').filter((name) => !tfjs.includes(name));
  expect(added).toEqual(['packages/moe', 'packages/nn', 'pure-rand']);
});
