import { fileURLToPath } from 'node:url';
import { readWorkspace } from './src/workspace.mjs';

// What is reachable from outside: what a package's manifest exports, programs (`cli.ts`), the programs of worker threads, tests, and scripts.
// The exports of an entry are for others and count as used; the exports of every other file must be imported somewhere.

const root = fileURLToPath(new URL('..', import.meta.url));
const SHARED = ['src/cli.ts', 'src/*worker.ts', 'src/**/*.test.ts'];
const inside = (folder) => (file) => file.slice(folder.length + 1);

export default {
  workspaces: {
    '.': { entry: ['scripts/*.{mjs,ts}', '*.config.ts'] },
    ...Object.fromEntries(
      readWorkspace(root).map(({ folder, entries }) => [
        folder,
        { entry: [...Object.values(entries).map(inside(folder)), ...SHARED], project: ['**/*.{ts,js,mjs}'] },
      ]),
    ),
  },
};
