import { fileURLToPath } from 'node:url';
import { readWorkspace } from './src/workspace.mjs';

// What can be reached from outside: what a package's manifest exports, programs (`cli.ts`), those of workers and of pages, tests, and scripts. The exports of an
// entry are for others and count as used; what another file exports must be imported, but for types that its own exports are made of.

const root = fileURLToPath(new URL('..', import.meta.url));
const PROGRAMS = [
  'src/cli.ts',
  'src/**/*worker.ts',
  'src/**/page.ts',
  'src/page/main.ts',
  'src/web/ask.ts',
  'src/node-backend.ts',
  'src/**/*.test.ts',
];

const packages = readWorkspace(root).map(({ folder, entries }) => {
  const exported = Object.values(entries).map((file) => file.slice(folder.length + 1));
  return [folder, { entry: [...exported, ...PROGRAMS], project: ['**/*.{ts,js}'], ignoreBinaries: ['ip', 'readelf'] }];
});

export default {
  workspaces: {
    '.': {
      entry: ['scripts/*.{mjs,ts}', '*.config.ts'],
      project: ['*.ts', 'scripts/**'],
      ignoreDependencies: ['remark-cli'],
    },
    checks: {
      entry: ['src/**/*.test.ts', 'src/browser/*-page.ts', '*.config.js', 'src/{check-package,picture}.mjs'],
      project: ['**/*.{ts,mjs,js}'],
    },
    docs: {
      entry: ['reference.mjs', '.vitepress/config.mjs'],
      project: ['*.mjs', '.vitepress/*.mjs'],
      ignoreDependencies: ['typedoc-plugin-markdown', 'vue'],
    },
    ...Object.fromEntries(packages),
  },
  ignoreExportsUsedInFile: { type: true },
  // Programs of the system that tests ask for.
  ignoreBinaries: ['mkfifo', 'mount', 'redis-server', 'umount'],
  // The entries are all named above.
  vitest: false,
  tsup: false,
};
