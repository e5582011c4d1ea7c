import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './copy-repository';

// A product of tfjs that transposes, as every gradient of one does, takes 10 to 50 times as long on wasm, and its convolutions do not train there:
// source takes `matMul`, `product` and `conv1d` of @mmolre/nn.

const SLOW = /\btf\.(matMul|dot|einsum|outerProduct|conv\w+|depthwiseConv2d|separableConv2d|fused\.\w+)\(|\.matMul\(/;
/** That which makes them, and what tries out a backend. */
const MAY = /^packages\/(nn\/src\/kernels\/|backend\/src\/)/;

test("no source takes tfjs's own products and convolutions", () => {
  const list = execFileSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*.ts', 'apps/*/src/*.ts'],
    {
      cwd: repository,
      encoding: 'utf8',
    },
  );
  const files = list.split('\n').filter((file) => file && !/\.test\.ts$|__fixtures__/.test(file));
  const found = files.filter((file) => SLOW.test(readFileSync(join(repository, file), 'utf8')));
  expect(found).toContain('packages/nn/src/kernels/plain.ts');
  expect(found.filter((file) => !MAY.test(file))).toEqual([]);
});
