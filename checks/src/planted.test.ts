import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBundles } from './bundles.mjs';
import { checkPackage } from './check-package.mjs';
import { copyRepository, repository } from './copy-repository';
import { unusedDirections } from './import-rules.mjs';
import { checkImports } from './imports.mjs';
import { checkPicture } from './picture.mjs';
import { checkUnused } from './unused.mjs';
import { readWorkspace } from './workspace.mjs';

// Each check finds what is planted for it in a copy of the source, and names it.

let copy: string;
beforeAll(() => {
  copy = copyRepository();
});
afterAll(() => rmSync(copy, { recursive: true }));

function plant(file: string, content: string): void {
  mkdirSync(dirname(join(copy, file)), { recursive: true });
  writeFileSync(join(copy, file), content);
}
const read = (file: string) => readFileSync(join(copy, file), 'utf8');
const append = (file: string, content: string) => plant(file, `${read(file)}${content}`);

describe('the imports', () => {
  let before: string[];
  let found: string[];

  beforeAll(async () => {
    plant(
      'packages/losses/src/planted-one.ts',
      "import type { Two } from './planted-two';\nexport type One = { two: Two };\n",
    );
    plant(
      'packages/losses/src/planted-two.ts',
      "import type { One } from './planted-one';\nexport type Two = { one?: One };\n",
    );
    append('packages/model/src/head.ts', "import { readFileSync } from 'fs';\nexport const read = readFileSync;\n");
    plant('packages/nn/src/planted.ts', "import '@mmolre/files';\n");
    plant('packages/nn/src/planted.test.ts', "import '@mmolre/moe';\n");
    plant('packages/fusion/src/planted.ts', "import '../../nn/src/linear';\nimport '@mmolre/nn/test';\n");
    plant('packages/metrics/src/planted.ts', "import './nowhere';\n");
    plant('packages/training/src/planted.ts', "import '../../../apps/trainer/src/cli';\n");
    plant('packages/planted/package.json', '{ "name": "@mmolre/planted" }\n');
    [before, found] = [await checkImports(repository), await checkImports(copy)];
  });

  test.each([
    [
      'a circle of types',
      'a circle: packages/losses/src/planted-one.ts -> packages/losses/src/planted-two.ts -> packages/losses/src/planted-one.ts',
    ],
    [
      'a direction that is not allowed',
      'packages/nn/src/planted.ts imports packages/files/src/index.ts: nn may not import files',
    ],
    [
      'a dependency that is not declared',
      'packages/nn/src/planted.ts imports @mmolre/files, which packages/nn/package.json does not depend on',
    ],
    [
      'a test of what stands on it',
      'packages/nn/src/planted.test.ts imports packages/moe/src/index.ts, which stands on it or is no entry',
    ],
    [
      "another package's inside",
      'packages/fusion/src/planted.ts imports packages/nn/src/linear.ts: packages/nn/src/linear.ts is no entry of its package',
    ],
    [
      "source that needs a test's entry",
      'packages/fusion/src/planted.ts imports packages/nn/src/test.ts, which is for tests',
    ],
    ['a file that is not there', 'packages/metrics/src/planted.ts imports ./nowhere, which is not there'],
    [
      'an app',
      'packages/training/src/planted.ts imports apps/trainer/src/cli.ts: training may not import apps/trainer',
    ],
    ['a package without a room', 'packages/planted is in no room of ROOMS'],
  ])('%s is told', (_, line) => {
    expect(before).not.toContain(line);
    expect(found).toContain(line);
  });

  test('Node behind an entry for browsers is told, with the way there', () => {
    const line = /^packages\/model\/src\/index.ts is for browsers and needs fs: .*packages\/model\/src\/head.ts -> fs$/;
    expect(before).not.toContainEqual(expect.stringMatching(line));
    expect(found).toContainEqual(expect.stringMatching(line));
  });

  test('a direction that nobody takes is told', () => {
    expect(unusedDirections([])).toContain('ROOMS lets audio import files, which it never does: take that out');
  });
});

test('what nothing uses is told', () => {
  const manifest = JSON.parse(read('packages/losses/package.json'));
  manifest.dependencies = { ...manifest.dependencies, zod: '^4.0.0' };
  plant('packages/losses/package.json', JSON.stringify(manifest));
  plant('packages/losses/src/nobody.ts', 'export {};\n');
  append('packages/metrics/src/basics.ts', 'export const plantedExport = 1;\n');
  append('packages/metrics/src/index.ts', "import 'left-pad';\n");
  const found = checkUnused(copy).join('\n').split('\n');
  for (const line of [
    /^zod +packages\/losses\/package.json/,
    /^packages\/losses\/src\/nobody.ts/,
    /^plantedExport +packages\/metrics\/src\/basics.ts/,
    /^left-pad +packages\/metrics\/src\/index.ts/,
  ])
    expect(found).toContainEqual(expect.stringMatching(line));
});

test('a picture of other directions is told', async () => {
  expect(await checkPicture(copy)).toEqual([]);
  plant('docs/packages.svg', read('docs/packages.svg').replace('training', 'trainings'));
  expect(await checkPicture(copy)).toEqual(['docs/packages.svg is not what ROOMS says']);
});

test('a built entry that no browser can load is told', async () => {
  for (const { entries, folder } of readWorkspace(copy))
    for (const file of Object.values<string>(entries))
      plant(file.replace(`${folder}/src/`, `${folder}/dist/`).replace(/ts$/, 'js'), 'export {};\n');
  expect(await checkBundles(copy)).toEqual([]);
  plant('packages/fusion/dist/index.js', "export * from 'node:fs';\n");
  expect(await checkBundles(copy)).toEqual(['packages/fusion/dist/index.js:1: Could not resolve "node:fs"']);
});

test('a package whose entries are not what its manifest says is told by publint and attw', async () => {
  const entry = { types: './dist/index.d.cts', default: './dist/index.js' };
  const manifest = { name: 'planted', version: '1.0.0', type: 'module', files: ['dist'], license: 'MIT' };
  plant('planted/package.json', JSON.stringify({ ...manifest, exports: { '.': entry } }));
  plant('planted/dist/index.js', 'exports.one = 1;\n');
  plant('planted/dist/index.d.cts', 'export declare const one: number;\n');
  const found = await checkPackage(join(copy, 'planted'));
  expect(found).toContainEqual(expect.stringMatching(/^publint: .*CJS/));
  expect(found).toContainEqual(expect.stringMatching(/^attw:\s[\s\S]*Masquerading as CJS/));
});

test('the command says what failed, a line of what to do, and fails', () => {
  plant('scripts/planted.mjs', 'export const  untidy = 1\n');
  const { status, stdout } = spawnSync(process.execPath, ['scripts/check.mjs', 'style', 'picture'], {
    cwd: copy,
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^style: failed \(\d+ s\)\. `pnpm fix` mends most of it/m);
  expect(stdout).toMatch(/\nfailed: style.*\n$/);
});
