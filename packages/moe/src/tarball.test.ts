import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// What other people get: both packages are packed as for publishing and installed with npm outside the workspace.

const example = fileURLToPath(new URL('../../../examples/moe-layer', import.meta.url));

describe('the packed tarballs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-example-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (command: string, ...args: string[]) =>
    (await promisify(execFile)(command, args, { cwd: folder, shell: process.platform === 'win32' })).stdout;

  beforeAll(async () => {
    for (const file of ['package.json', 'train.js']) cpSync(join(example, file), join(folder, file));
    await run(process.execPath, join(example, 'pack.js'), folder);
    await run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error');
  });

  test('need nothing but tfjs, @mmolre/nn and its random generator', () => {
    const manifest = (name: string) =>
      JSON.parse(readFileSync(join(folder, `node_modules/@mmolre/${name}/package.json`), 'utf8'));
    const [moe, nn] = [manifest('moe'), manifest('nn')];
    expect(moe.dependencies).toEqual({ '@mmolre/nn': `^${nn.version}` });
    expect(Object.keys(nn.dependencies)).toEqual(['pure-rand']);
    for (const { peerDependencies } of [moe, nn]) expect(Object.keys(peerDependencies)).toEqual(['@tensorflow/tfjs']);
    expect(JSON.stringify([moe, nn])).not.toMatch(/workspace:|catalog:/);
  });

  test('load by import and by require, and register no layer by themselves', async () => {
    const script = `
      const { classNameMap } = require('@tensorflow/tfjs').serialization.SerializationMap.getMap();
      const { registerLayers } = require('@mmolre/moe/layers');
      require('@mmolre/moe'), require('@mmolre/nn');
      const before = Object.keys(classNameMap);
      registerLayers();
      console.log(Object.keys(classNameMap).filter((name) => !before.includes(name)).join());`;
    expect((await run(process.execPath, '--no-warnings', '-e', script)).trim().split('\n').at(-1)).toBe('TaskMoeLayer');
  });

  test.each(['nn', 'moe'])('contain a README of %s whose examples run', async (name) => {
    const readme = readFileSync(join(folder, `node_modules/@mmolre/${name}/README.md`), 'utf8');
    const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);
    expect(examples.length).toBeGreaterThan(0);
    for (const [i, code] of examples.entries()) {
      writeFileSync(join(folder, `${name}-${i}.mjs`), code);
      await run(process.execPath, `${name}-${i}.mjs`);
    }
  });

  test('train a sequential model with a mixture layer until it has learnt, and save and load it', async () => {
    const output = await run(process.execPath, 'train.js');
    const number = (label: string) => Number(output.match(new RegExp(`${label}: +([\\d.]+)`))?.[1]);
    expect(number('accuracy without the mixture')).toBeLessThan(0.65);
    expect(number('accuracy with the mixture')).toBeGreaterThan(0.95);
    expect(number('the loaded model differs by')).toBe(0);
  });
});
