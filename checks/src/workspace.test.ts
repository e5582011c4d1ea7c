import { expect, test } from 'vitest';
import { repository } from './copy-repository';
import { readWorkspace } from './workspace.mjs';

const workspace = readWorkspace(repository);
const published = workspace.filter(({ manifest }) => !manifest.private);

test.each(workspace.map(({ folder, manifest }) => [folder, manifest.scripts]))(
  '%s is built, checked and tested as all are',
  (folder, scripts) => {
    const root = folder.replace(/[^/]+/g, '..');
    expect(scripts).toMatchObject({
      build: `tsup --config ${root}/tsup.config.ts`,
      check: 'tsc --noEmit',
      test: `vitest run --config ${root}/vitest.config.ts --root .`,
    });
  },
);

test.each(published.map(({ folder, manifest }) => [folder, manifest]))(
  '%s says what every published package says',
  (folder, manifest) => {
    expect(manifest).toMatchObject({
      name: `@mmolre/${folder.slice('packages/'.length)}`,
      description: expect.any(String),
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20.19' },
      scripts: { 'check:package': 'node ../../checks/src/check-package.mjs' },
    });
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src', '!src/**/*.test.ts']));
    expect(manifest.exports).toMatchObject({ '.': expect.anything(), './package.json': './package.json' });
  },
);
