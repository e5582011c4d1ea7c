import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { borrowTensorflow, packageFolder, removeTemporaryFolders, scratchProject } from '../test/scratch-project';
import { ensureNative } from './native-install';

afterAll(removeTemporaryFolders);

const PROGRAM = 'program.cjs';
const native = await ensureNative({ log: (line) => console.log(line) });

describe('a program for @tensorflow/tfjs-node, which is not installed', () => {
  const project = scratchProject();
  cpSync(join(packageFolder, 'test', 'tfjs-node-program.txt'), join(project.root, PROGRAM));
  const asModule = readFileSync(join(project.root, PROGRAM), 'utf8').replace(
    /^const (.*) = require\((.*)\);$/gm,
    (_, names: string, from: string) => `import ${names.startsWith('{') ? names : `* as ${names}`} from ${from};`,
  );
  writeFileSync(join(project.root, 'program.mjs'), asModule);
  const start = (file: string) => project.node(['--import', '@mmolre/backend/register', file]);

  test('says what to do where native is not there', async () => {
    const { code, stderr } = await start(PROGRAM);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/BackendError: native is not installed: .*npx @mmolre\/backend install/);
  });

  test.runIf(native.ok).each([PROGRAM, 'program.mjs'])('trains, saves and loads unchanged: %s', async (file) => {
    borrowTensorflow(project);
    expect((await project.cli(['install'])).code).toBe(0);
    const { stdout, stderr, code } = await start(file);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      backend: 'tensorflow',
      version: '4.22.0',
      loss: true,
      weights: [3, 2],
      image: [2, 3, 3],
    });
  });
});
