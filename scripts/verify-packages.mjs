// `pnpm verify:packages [--short]`: what strangers get. A registry on this machine receives what a release would publish; new projects outside the
// workspace install it with each package client and version of Node, put the native backend in, and use every package as an ES module, by
// `require`, from TypeScript and in a bundle of Vite's. The short form, of CI, takes npm and the Node that runs it alone.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { readWorkspace } from '../checks/src/workspace.mjs';
import { build, root } from './lib.mjs';
import { BUN, CLIENTS, NODES, programFolder } from './verify/clients.mjs';
import { verifyEntries, verifyNative, verifyPrograms, verifyRuntimes } from './verify/projects.mjs';
import { startRegistry } from './verify/registry.mjs';
import { run } from './verify/run.mjs';

const short = process.argv.includes('--short');
build();
const place = mkdtempSync(join(tmpdir(), 'mmolre-verify-'));
const published = readWorkspace(root).filter(({ manifest }) => !manifest.private);
const registry = await startRegistry(join(place, 'registry'));
const failed = [];
try {
  for (const { folder, manifest } of published) {
    const tarball = join(place, `${manifest.name.replace('/', '-')}.tgz`);
    await run('npx', ['--yes', 'pnpm@12.21.0', 'pack', '--out', tarball], { cwd: join(root, folder) });
    await registry.publish(tarball);
  }
  console.log(`published ${published.length} packages to ${registry.url}`);

  const clients = short ? CLIENTS.slice(0, 1) : CLIENTS;
  const pairs = [
    ...clients.map((client) => ({ client, programs: client.program ? [client.program] : [] })),
    ...(short ? [] : NODES).map((node) => ({ client: CLIENTS[0], programs: [node] })),
  ];
  for (const { client, programs } of pairs) {
    const paths = await Promise.all(programs.map((program) => programFolder(place, program)));
    const path = [...paths, process.env.PATH].join(delimiter);
    const version = await run('node', ['--version'], { cwd: place, env: { ...process.env, PATH: path } });
    await step(`${client.name}, Node ${version.trim()}: native backend`, (folder) =>
      verifyNative(folder, client, registry, path),
    );
  }
  const others = short ? [] : [...NODES, BUN];
  const runtimes = { [`Node ${process.versions.node}`]: process.execPath };
  for (const program of others) {
    const [folder, file] = [await programFolder(place, program), program === BUN ? 'bun' : 'node'];
    runtimes[`${program.name} ${program.version}`] = join(folder, file);
  }
  await step('the mixture', (folder) => verifyRuntimes(folder, registry, runtimes));
  if (!short) await step('mmolre-trainer and mmolre-eval', (folder) => verifyPrograms(folder, registry));
  await step('every entry of every package', (folder) => verifyEntries(folder, published, registry));
} finally {
  await registry.stop();
  rmSync(place, { recursive: true, force: true });
}
for (const line of failed) console.error(line);
process.exitCode = failed.length > 0 ? 1 : 0;

/** Runs one proof in a new folder; what it found goes behind its name. */
async function step(name, prove) {
  const folder = join(place, `project-${name.replace(/\W+/g, '-')}`);
  mkdirSync(folder);
  writeFileSync(join(folder, '.npmrc'), registry.npmrc);
  const start = performance.now();
  try {
    const said = await prove(folder);
    console.log(`${name}: ${said} (${Math.round((performance.now() - start) / 1000)} s)`);
  } catch (error) {
    console.log(`${name}: failed`);
    failed.push(`${name}: ${error.message}`);
  }
}
