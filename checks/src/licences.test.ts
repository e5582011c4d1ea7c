import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repository } from './copy-repository';
import { licenceFaults, productionTree, thirdParty } from './licences.mjs';

// Small workspaces as pnpm lays them out: of each the packages and their faults.

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-licences-')));
  mkdirSync(join(root, 'apps'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, content: unknown): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
}
/** One package of ours that needs one other. */
function workspaceWith(manifest: Record<string, unknown>): void {
  write('packages/ours/package.json', { name: '@mmolre/ours', dependencies: { one: '^1.0.0' }, license: 'MIT' });
  write('packages/ours/node_modules/one/package.json', { name: 'one', version: '1.2.3', ...manifest });
}
const faults = (exceptions = {}) => licenceFaults(productionTree(root), exceptions);

describe('a package is told', () => {
  test.each<[string, Record<string, unknown>]>([
    ['GPL-3.0-or-later', { license: 'GPL-3.0-or-later' }],
    ['LGPL-3.0-or-later', { license: 'LGPL-3.0-or-later' }],
    ['MIT AND LGPL-2.1-only', { license: 'MIT AND LGPL-2.1-only' }],
    ['MPL-2.0', { license: 'MPL-2.0' }],
    ['GPL-2.0-only', { license: { type: 'GPL-2.0-only' } }],
    ['SEE LICENSE IN terms.txt', { license: 'SEE LICENSE IN terms.txt' }],
    ['none', {}],
  ])('of %s', (licence, manifest) => {
    workspaceWith(manifest);
    expect(faults()).toEqual([`one 1.2.3, which @mmolre/ours needs: ${licence}`]);
  });

  test('whose manifest hides what its file says', () => {
    workspaceWith({ license: 'MIT' });
    write('packages/ours/node_modules/one/COPYING', 'GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1');
    expect(faults()).toEqual(['one 1.2.3, which @mmolre/ours needs: MIT AND a GNU licence']);
  });

  test('that only another package needs, and one that is not there', () => {
    workspaceWith({ license: 'MIT', dependencies: { two: '*', gone: '*' }, optionalDependencies: { 'for-macs': '*' } });
    write('packages/ours/node_modules/one/node_modules/two/package.json', {
      name: 'two',
      version: '2.0.0',
      license: 'AGPL-3.0',
    });
    expect(faults()).toEqual(['gone, which one needs: not installed', 'two 2.0.0, which one needs: AGPL-3.0']);
  });
});

test('a choice between licences, an older way to write them, and tools for development are fine', () => {
  workspaceWith({ licenses: [{ type: 'MIT' }, { type: 'GPL-3.0' }], devDependencies: { tool: '*' } });
  write('packages/ours/node_modules/one/LICENSE', 'MIT, or GNU GENERAL PUBLIC LICENSE');
  expect(faults()).toEqual([]);
});

test('an exception is for the LGPL at most, and for what is there', () => {
  workspaceWith({ license: 'LGPL-2.1-only' });
  expect(faults({ one: 'there is no other' })).toEqual([]);
  expect(faults({ one: 'there is no other', left: 'was' })).toEqual([
    'left is an exception in checks/src/licences.mjs that nothing needs: take that out',
  ]);
  workspaceWith({ license: 'GPL-2.0-only' });
  expect(faults({ one: 'there is no other' })).toEqual(['one 1.2.3, which @mmolre/ours needs: GPL-2.0-only']);
});

test('what is installed here is fine, with one exception', () => {
  const tree = productionTree(repository);
  expect(licenceFaults(tree)).toEqual([]);
  expect(licenceFaults(tree, {})).toEqual([expect.stringMatching(/^mpg123-decoder .*: MIT AND LGPL-2.1-only$/)]);
});

test('the list of what is needed leaves out what is for one system, and says the same once', () => {
  workspaceWith({ license: 'MIT', optionalDependencies: { 'for-macs': '*' } });
  write('packages/ours/node_modules/for-macs/package.json', {
    name: 'for-macs',
    version: '1.0.0',
    os: ['darwin'],
    license: 'MIT',
  });
  const [head, , ...rows] = thirdParty(productionTree(root)).trim().split('\n').slice(4);
  expect([head, ...rows]).toEqual(['| package | version | licence |', '| one     | 1.2.3   | MIT     |']);
});
