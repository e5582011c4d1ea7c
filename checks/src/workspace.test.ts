import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './copy-repository';
import { readWorkspace } from './workspace.mjs';

const workspace = readWorkspace(repository);
const published = workspace.filter(({ manifest }) => !manifest.private);

test.each(workspace.map(({ folder, manifest }) => [folder, manifest.scripts]))(
  '%s is built and checked as all are, and tested if it has suites',
  (folder, scripts) => {
    const root = folder.replace(/[^/]+/g, '..');
    const files = readdirSync(join(repository, folder, 'src'), { recursive: true, encoding: 'utf8' });
    const more = files.filter((file) => /build-[a-z]+\.mjs$/.test(file)).sort();
    const build = [`tsup --config ${root}/tsup.config.ts`, ...more.map((file) => `node src/${file}`)].join(' && ');
    expect(scripts).toMatchObject({ build, check: 'tsc --noEmit' });
    const test = `vitest run --config ${root}/vitest.config.ts --root .`;
    expect(scripts.test).toBe(files.some((file) => file.endsWith('.test.ts')) ? test : undefined);
  },
);

test.each(published.map(({ folder, manifest }) => [folder, manifest]))(
  '%s says what every published package says',
  (folder, manifest) => {
    expect(manifest).toMatchObject({
      name: `@mmolre/${basename(folder)}`,
      description: expect.any(String),
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20.19' },
      scripts: { 'check:package': 'node ../../checks/src/check-package.mjs' },
    });
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src', '!src/**/*.test.ts']));
    // What is no library is a program.
    const use = folder.startsWith('apps/') ? { bin: expect.anything() } : { exports: { '.': expect.anything() } };
    expect(manifest).toMatchObject({ ...use, exports: { './package.json': './package.json' } });
  },
);
