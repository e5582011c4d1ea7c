import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { assertFolder, homeFolder, programVersion, refuseArguments } from './command-line';

test('a mistyped command is answered with the nearest, any other with all', () => {
  const commands = ['cost', 'experts', 'verify'].map((name) => ({ name: () => name }));
  const refuse = (...args: string[]) => refuseArguments({ args, commands });
  refuse();
  expect(() => refuse('vrify')).toThrow('no command is called vrify; did you mean verify?');
  expect(() => refuse('train')).toThrow('no command is called train; there are cost, experts, verify');
});

test('data and runs are in the repository, or where the user stands', () => {
  const root = new URL('../../..', import.meta.url);
  expect(pathToFileURL(homeFolder(new URL('apps/trainer/dist/cli.js', root).href)).href).toBe(root.href);
  const elsewhere = pathToFileURL(join(tmpdir(), 'a/node_modules/@mmolre/trainer/dist/cli.js')).href;
  expect(homeFolder(elsewhere)).toBe(process.cwd());
  expect(programVersion(import.meta.url)).toMatch(/^\d+\.\d+\.\d+$/);
});

test('a folder that is not there is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-folder-'));
  assertFolder(folder, 'a run');
  expect(() => assertFolder(join(folder, 'none'), 'a run')).toThrow(/none: no such folder; expected a run$/);
});
