import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  borrowTensorflow,
  hasPython,
  offline,
  pathWith,
  removeTemporaryFolders,
  type ScratchProject,
  scratchProject,
  temporaryFolder,
  wheelhouse,
} from '../test/scratch-project';
import { ensureNative } from './native-install';
import { nativeRow } from './platforms';

afterAll(removeTemporaryFolders);

const row = nativeRow('cpu');
/** `mmolre-backend install` on an empty cache, with this environment: its exit code and its one line. */
async function failedInstall(env: NodeJS.ProcessEnv): Promise<string> {
  const project = scratchProject();
  const { code, stdout, stderr } = await project.cli(['install'], env);
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect((await project.cli(['status'])).code).toBe(1);
  expect(leftovers(project)).toEqual([]);
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('downloading '));
  expect(lines).toHaveLength(1);
  return lines[0]!;
}
const leftovers = ({ cache }: ScratchProject) => (existsSync(cache) ? readdirSync(cache) : []);

describe('an install that cannot be says in one line what is missing', () => {
  test.skipIf(process.platform !== 'linux')('no python3', async () => {
    const line = await failedInstall({ PATH: pathWith('g++') });
    expect(line).toBe('mmolre-backend: python3 was not found; apt-get install python3 python3-pip');
  });
  test.skipIf(process.platform !== 'linux' || !hasPython)('no pip', async () => {
    const line = await failedInstall({ PATH: pathWith('g++', 'python3-without-pip') });
    expect(line).toBe('mmolre-backend: pip was not found for python3; apt-get install python3-pip');
  });
  test.skipIf(process.platform !== 'linux' || !hasPython)('no g++', async () => {
    const line = await failedInstall({ PATH: pathWith('python3'), CXX: '' });
    expect(line).toBe('mmolre-backend: g++ was not found; apt-get install g++');
  });
  test.skipIf(!hasPython)('no network', async () => {
    expect(await failedInstall(offline(temporaryFolder()))).toMatch(/: downloading .* failed \(pip: Could not find/);
  });
  test.skipIf(!hasPython)('a wheel that is not the one we know', async () => {
    const { folder } = wheelhouse({ 'tensorflow/libtensorflow_cc.so.2': 'not TensorFlow' });
    expect(await failedInstall(offline(folder))).toMatch(/SHA-256 should be .* but is .*; not used$/);
  });
  test('a cache folder that cannot be made', async () => {
    const project = scratchProject();
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'a file where the cache folder should be');
    const { code, stderr } = await project.cli(['install'], { XDG_CACHE_HOME: file });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(file);
  });
});

const native = await ensureNative({ log: (line) => console.log(line) });
if (!native.ok) console.warn(`tests over the real libraries are left out: ${native.reason}`);

describe.skipIf(!native.ok)('over this machine’s copy of TensorFlow', () => {
  let project: ScratchProject;
  const noNetwork = offline(temporaryFolder());
  const install = () => project.cli(['install'], noNetwork);
  const status = async () => (await project.cli(['status'])).stderr.trim();
  const file = (name: string) => join(project.installed, name);

  test('a killed install looks unfinished, and the next one finishes it', async () => {
    project = scratchProject();
    borrowTensorflow(project);
    await project.installKilledAt(/compiling/, noNetwork);
    expect(await status()).toMatch('native is not installed: ');
    expect(leftovers(project).filter((name) => name.startsWith('binding-'))).toEqual([]);
    const { code, stdout, stderr } = await install();
    expect(stderr).toBe('compiling the binding\ntesting the native backend\n');
    expect(stdout).toMatch(/^native backend installed in \d+ s\n$/);
    expect(code).toBe(0);
    expect(leftovers(project).filter((name) => /^(tmp-|install)/.test(name))).toEqual([]);
    expect((await project.cli(['status'])).stdout).toContain(`native backend installed: ${row.project} ${row.version}`);
  });

  test('a whole install is left alone, without another test of it', async () => {
    expect((await install()).stdout).toBe('native backend already installed\n');
    const code = 'console.log((await backend.ensureNative({ log: console.log })).ok);';
    expect((await project.run(code)).stdout).toBe('true\n');
  });

  test.each([
    ['a truncated binding', () => truncateSync(file('tfjs_binding.node'), 1000), 'tfjs_binding.node is cut short'],
    ['a missing helper', () => unlinkSync(file('stderr_redirect.node')), 'stderr_redirect.node is missing'],
    ['a missing record', () => unlinkSync(file('record.json')), 'its self-test has not passed'],
    ['a missing link', () => unlinkSync(file('lib')), 'its link to TensorFlow is missing'],
    [
      'a copy where the link was',
      () => {
        unlinkSync(file('include'));
        mkdirSync(join(file('include'), 'tensorflow'), { recursive: true });
      },
      'its headers are missing',
    ],
  ])('%s is repaired without compiling', async (_, damage, fault) => {
    damage();
    expect(await status()).toMatch(fault);
    const { code, stderr } = await install();
    expect(stderr).toBe('testing the native backend\n');
    expect(code).toBe(0);
    expect((await project.cli(['status'])).code).toBe(0);
  });

  test('a second clone only links and tests', async () => {
    const clone = scratchProject(join(project.cache, '..'));
    const { stderr, code } = await clone.cli(['install'], { ...noNetwork, PATH: temporaryFolder() });
    expect(stderr).toBe('testing the native backend\n');
    expect(code).toBe(0);
  });

  test('two installs at once share the work: a compiled copy that was cut short is compiled again, once', async () => {
    const binding = readdirSync(project.cache).find((name) => name.startsWith('binding-'))!;
    truncateSync(join(project.cache, binding, 'tfjs_binding.node'), 10);
    const clones = [1, 2].map(() => scratchProject(join(project.cache, '..')));
    const results = await Promise.all(clones.map((clone) => clone.cli(['install'], noNetwork)));
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(
      results
        .map(({ stderr }) => stderr)
        .join('')
        .match(/compiling/g),
    ).toHaveLength(1);
    for (const clone of clones) expect((await clone.cli(['status'])).code).toBe(0);
  });

  test('a TensorFlow that lacks a file is downloaded again, and the old copy does not count meanwhile', async () => {
    const copy = join(project.cache, row.key);
    rmSync(join(copy, 'include'));
    expect(await status()).toMatch(/its copy of TensorFlow is damaged: include\/.* is missing/);
    const { code, stderr } = await install();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^downloading .*\nmmolre-backend: downloading .* failed/);
    expect((await project.cli(['status'])).code).toBe(1);
  });

  test('uninstall removes all of it', async () => {
    expect((await project.cli(['uninstall'])).stdout).toBe('native backend removed\n');
    expect(leftovers(project)).toEqual([]);
    expect(existsSync(project.installed)).toBe(false);
    expect((await project.cli(['uninstall'])).stdout).toBe('native backend was not installed\n');
    expect(await status()).toBe('mmolre-backend: native is not installed: run npx @mmolre/backend install');
  });
});
