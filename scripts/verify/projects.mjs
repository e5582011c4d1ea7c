import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib.mjs';
import { run } from './run.mjs';

const NATIVE = `
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@mmolre/backend';
const { name } = await useBackend({ backend: 'native', log: () => {} });
console.log(name, tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync().join());
`;

/** Installs `@mmolre/backend` by a client, native by its command, runs both kinds of program, and does it again after a clean install. */
export async function verifyNative(folder, client, registry, path) {
  const env = {
    ...process.env,
    PATH: path,
    CI: '',
    npm_config_registry: registry.url,
    YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
  };
  const start = ([command, ...args]) => run(command, args, { cwd: folder, env });
  const files = { 'package.json': '{ "name": "stranger", "private": true }', ...client.files?.(registry) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'native.mjs'), NATIVE);
  copyFileSync(join(root, 'packages/backend/test/tfjs-node-program.txt'), join(folder, 'program.cjs'));

  await start(client.add(['@mmolre/backend', '@tensorflow/tfjs@4.22.0']));
  await start(client.exec(['mmolre-backend', 'install']));
  const use = async () => expectEqual((await start(['node', 'native.mjs'])).trim(), 'native 3,3,3,3');
  await use();
  const trained = await start(['node', '--import', '@mmolre/backend/register', 'program.cjs']);
  expectEqual(JSON.parse(trained).backend, 'tensorflow');

  rmSync(join(folder, 'node_modules'), { recursive: true });
  await start(client.again);
  const before = performance.now();
  await start(client.exec(['mmolre-backend', 'install']));
  const seconds = (performance.now() - before) / 1000;
  await use();
  return `in use, a tfjs-node program too; back in ${seconds.toFixed(1)} s after a clean install`;
}

function expectEqual(found, expected) {
  if (found !== expected) throw new Error(`expected ${expected}, found ${found}`);
}

/** Installs every package in one project and loads, type-checks and bundles each entry. */
export async function verifyEntries(folder, published, registry) {
  const env = { ...process.env, npm_config_registry: registry.url };
  const start = (command, ...args) => run(command, args, { cwd: folder, env });
  const names = published.map(({ manifest }) => manifest.name);
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }');
  const tools = ['typescript@6.0.3', '@types/node@20', 'vite@7', 'vitest@4.1.12'];
  await start('npm', 'install', ...names, '@tensorflow/tfjs@4.22.0', ...tools);

  const { scripts } = JSON.parse(readFileSync(join(folder, 'node_modules/@mmolre/backend/package.json'), 'utf8'));
  if (scripts?.install ?? scripts?.postinstall) throw new Error('@mmolre/backend runs a script when it is installed');
  // `test` entries need the runner of tests around them, and the entry that stands in for tfjs-node the native backend.
  const entries = published
    .flatMap(({ entries }) => Object.keys(entries))
    .filter((name) => !/\/(test|register|tfjs-node)$/.test(name));
  const list = JSON.stringify(entries);
  const report = `if (!(Object.keys(found).length > 0)) throw new Error(name + ' exports nothing');`;
  writeFileSync(
    join(folder, 'all.mjs'),
    `for (const name of ${list}) { const found = await import(name); ${report} }\n`,
  );
  writeFileSync(join(folder, 'all.cjs'), `for (const name of ${list}) { const found = require(name); ${report} }\n`);
  await start('node', 'all.mjs');
  await start('node', 'all.cjs');

  const imports = entries.map((name, index) => `import * as entry${index} from '${name}';\n`);
  const uses = `console.log(${entries.map((_, index) => `entry${index}`).join(', ')});\n`;
  writeFileSync(join(folder, 'all.ts'), imports.join('') + uses);
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const options = {
      strict: true,
      noEmit: true,
      target: 'es2023',
      skipLibCheck: false,
      module,
      moduleResolution,
      types: ['node'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['all.ts'] }));
    // The types of tfjs and of WebGPU contradict those of TypeScript's own DOM; of ours not one may.
    const said = await start('npx', 'tsc', '--project', '.').then(
      () => '',
      ({ message }) => message,
    );
    const ours = said.split('\n').filter((line) => /^(all\.ts|node_modules\/@mmolre)/.test(line));
    if (ours.length > 0) throw new Error(`types under ${moduleResolution}:\n${ours.join('\n')}`);
  }

  writeFileSync(join(folder, 'index.html'), '<script type="module" src="/page.js"></script>');
  writeFileSync(
    join(folder, 'page.js'),
    "import * as moe from '@mmolre/moe';\nimport { TaskMoeLayer } from '@mmolre/moe/layers';\nimport { useWebBackend } from '@mmolre/backend/web';\nconsole.log(moe, TaskMoeLayer, useWebBackend);\n",
  );
  await start('npx', 'vite', 'build', '--logLevel', 'error');
  return `${entries.length} entries by import and require, types under node16, nodenext and bundler, a bundle of Vite`;
}

/** Installs the two programs alone, trains four steps on the repository's data, and evaluates what came of it. */
export async function verifyPrograms(folder, registry) {
  const env = { ...process.env, npm_config_registry: registry.url, INIT_CWD: folder };
  const start = (...args) => run('npx', args, { cwd: folder, env });
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true }');
  await run('npm', ['install', '@mmolre/trainer', '@mmolre/eval'], { cwd: folder, env });
  const data = join(root, 'data/review-speech');
  const few = ['--set', 'training.maxSteps=4'];
  await start('mmolre-trainer', '--preset', 'quick', '--data', data, '--name', 'tried', ...few);
  const { sentiment } = JSON.parse(await start('mmolre-eval', '--run', 'runs/tried-seed1', '--json'));
  if (!Number.isFinite(sentiment.mae))
    throw new Error(`expected an error of the sentiment, found ${JSON.stringify(sentiment)}`);
  return 'trained and evaluated';
}

/** Trains the mixture by every program that runs JavaScript, on plain JavaScript and on wasm: the same losses, gates and outputs everywhere. */
export async function verifyRuntimes(folder, registry, runtimes) {
  const env = { ...process.env, npm_config_registry: registry.url };
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true }');
  await run('npm', ['install', '@mmolre/moe', '@mmolre/backend', '@tensorflow/tfjs@4.22.0'], { cwd: folder, env });
  copyFileSync(join(root, 'scripts/verify/mixture.txt'), join(folder, 'mixture.mjs'));
  let first;
  for (const [runtime, program] of Object.entries(runtimes))
    for (const backend of ['cpu', 'wasm']) {
      const found = JSON.parse(await run(program, ['mixture.mjs', backend], { cwd: folder }));
      expectEqual(found.name, backend);
      first ??= found;
      if (!(found.losses.at(-1) < 0.5 * found.losses[0]))
        throw new Error(`${runtime}, ${backend}: the loss does not fall`);
      for (const what of ['losses', 'gates', 'output'])
        for (const [i, value] of found[what].entries())
          if (!(Math.abs(value - first[what][i]) < 1e-4))
            throw new Error(`${runtime}, ${backend}: ${what} ${i}: expected ${first[what][i]}, found ${value}`);
    }
  return `equal on ${Object.keys(runtimes).join(', ')}; the loss fell from ${first.losses[0].toFixed(2)} to ${first.losses.at(-1).toFixed(2)}`;
}
