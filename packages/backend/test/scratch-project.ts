import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@mmolre/files';
import { nativePaths } from '../src/native-state';
import type { PinnedWheel } from '../src/pinned-wheel';
import { nativeRow } from '../src/platforms';

/** Wheels, and a Python without pip, are made by Python. */
export const hasPython = findProgram('python3') !== undefined;

export const packageFolder = fileURLToPath(new URL('..', import.meta.url));

export type Finished = { code: number | null; stdout: string; stderr: string };

/** A project with its own copy of this package, as built, and a cache folder of its own. */
export type ScratchProject = {
  root: string;
  cache: string;
  /** Where this package installs into. */
  installed: string;
  /** Runs `mmolre-backend` in it. */
  cli(args: string[], env?: NodeJS.ProcessEnv): Promise<Finished>;
  /** Runs Node in it. */
  node(args: string[]): Promise<Finished>;
  /** Runs a module in it; the package is in scope as `backend`. */
  run(code: string, env?: NodeJS.ProcessEnv): Promise<Finished>;
  /** Starts `mmolre-backend install` and kills it as soon as it says something that matches. */
  installKilledAt(pattern: RegExp, env?: NodeJS.ProcessEnv): Promise<void>;
};

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-test-'));
  folders.push(folder);
  return folder;
}

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** @param cache The cache to share with another project; a new, empty one by default. */
export function scratchProject(cache = join(temporaryFolder(), 'cache')): ScratchProject {
  const root = temporaryFolder();
  const modules = join(root, 'node_modules');
  linkSiblings(join(packageFolder, 'node_modules'), modules, ['@tensorflow/tfjs-node-gpu']);
  const own = join(modules, '@mmolre', 'backend');
  for (const name of ['bin', 'dist', 'native', 'package.json'])
    cpSync(join(packageFolder, name), join(own, name), { recursive: true });

  const environment = (env: NodeJS.ProcessEnv = {}) => ({
    ...process.env,
    MMOLRE_BACKEND: '',
    XDG_CACHE_HOME: cache,
    TMPDIR: temporaryFolder(),
    ...env,
  });
  const start = (args: string[], env?: NodeJS.ProcessEnv) =>
    spawn(process.execPath, args, { cwd: root, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const finish = (child: ReturnType<typeof start>) =>
    new Promise<Finished>((resolve, reject) => {
      const text = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].setEncoding('utf8').on('data', (part: string) => {
          text[stream] += part;
        });
      child.once('error', reject).once('close', (code) => resolve({ code, ...text }));
    });
  const command = join(own, 'bin', 'mmolre-backend.js');
  return {
    root,
    cache: join(cache, 'mmolre'),
    installed: join(own, 'installed'),
    cli: (args, env) => finish(start([command, ...args], env)),
    node: (args) => finish(start(args)),
    run: (code, env) => {
      const program = `import * as backend from '@mmolre/backend';\nimport * as tf from '@tensorflow/tfjs';\n${code}`;
      return finish(start(['--input-type=module', '-e', program], env));
    },
    installKilledAt: async (pattern, env) => {
      const child = start([command, 'install'], env);
      child.stderr.on('data', (part: Buffer) => pattern.test(String(part)) && child.kill('SIGKILL'));
      await finish(child);
    },
  };
}

function linkSiblings(from: string, to: string, except: string[], scope = ''): void {
  mkdirSync(join(to, scope), { recursive: true });
  for (const name of readdirSync(join(from, scope))) {
    const path = join(scope, name);
    if (except.includes(path) || name.startsWith('.')) continue;
    if (name.startsWith('@')) linkSiblings(from, to, except, path);
    else {
      rmSync(join(to, path), { force: true });
      symlinkSync(join(from, path), join(to, path));
    }
  }
}

/** Gives a project's cache the copy of TensorFlow that this machine has, by links. */
export function borrowTensorflow(project: ScratchProject): string {
  const { key } = nativeRow('cpu');
  const target = join(project.cache, key);
  if (existsSync(target)) return target;
  mkdirSync(target, { recursive: true });
  const { tensorflow } = nativePaths(nativeRow('cpu'));
  for (const name of ['lib', 'include']) symlinkSync(join(tensorflow, name), join(target, name));
  cpSync(join(tensorflow, 'manifest.json'), join(target, 'manifest.json'));
  return target;
}

const realPython = () =>
  execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

/** A PATH with only these tools on it. `python3-without-pip` is Python without its installed packages;
 * `g++` is there, but compiles nothing. */
export function pathWith(...tools: ('python3' | 'python3-without-pip' | 'g++')[]): string {
  const folder = temporaryFolder();
  const add = (name: string, command: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  };
  for (const tool of tools) {
    if (tool === 'g++') add('g++', '/bin/false');
    else add('python3', tool === 'python3' ? realPython() : `${realPython()} -I -S`);
  }
  return folder;
}

/** An `nvidia-smi` that ends with this output and exit code: the folder that it is in. */
export function nvidiaSmi(output: string, code = 0): string {
  const folder = temporaryFolder();
  const file = join(folder, 'nvidia-smi');
  writeFileSync(join(folder, 'output'), output);
  writeFileSync(file, `#!/bin/sh\nwhile read -r line; do echo "$line"; done <${folder}/output\nexit ${code}\n`);
  chmodSync(file, 0o755);
  return folder;
}

/** A folder holding a small wheel of this name and version, the CPU library's if not said otherwise, with these members. */
export function wheelhouse(
  members: Record<string, string>,
  { project, version, platformTag }: PinnedWheel = nativeRow('cpu'),
  folder = temporaryFolder(),
): { folder: string; wheel: string } {
  const name = project.replaceAll('-', '_');
  const tag = `${project.startsWith('nvidia') ? 'py3-none' : 'cp311-cp311'}-${platformTag}`;
  const wheel = join(folder, `${name}-${version}-${tag}.whl`);
  const all = {
    [`${name}-${version}.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: ${project}\nVersion: ${version}\n`,
    [`${name}-${version}.dist-info/WHEEL`]: `Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: ${tag}\n`,
    [`${name}-${version}.dist-info/RECORD`]: '',
    ...members,
  };
  const script =
    'import json, sys, zipfile\nwheel, members = json.loads(sys.argv[1])\n' +
    'with zipfile.ZipFile(wheel, "w") as z:\n    for name, text in members.items(): z.writestr(name, text)\n';
  execFileSync('python3', ['-c', script, JSON.stringify([wheel, all])]);
  return { folder, wheel };
}

/** pip's settings for a closed network that offers only one folder of wheels. */
export const offline = (folder: string): NodeJS.ProcessEnv => ({
  PIP_NO_INDEX: '1',
  PIP_FIND_LINKS: folder,
  PIP_CONFIG_FILE: '/dev/null',
});
