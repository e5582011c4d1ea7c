import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differences } from './differences';
import { openTensors, writeTensors } from './tensor-file';

let folder: string;
let files = 0;
beforeAll(async () => {
  await useBackend({ backend: 'cpu', log: () => {} });
  folder = mkdtempSync(join(tmpdir(), 'mmolre-bench-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(tensors: Record<string, tf.Tensor>) {
  const path = join(folder, `${files++}.safetensors`);
  writeTensors(path, tensors);
  return openTensors(path);
}

test('a file gives its tensors back, and a tree of those below a prefix', () => {
  const file = fileOf({ 'p.a.w': tf.tensor2d([[1, 2, 3]]), 'p.b': tf.scalar(4), x: tf.zeros([0]) });
  expect(file.keys).toEqual(['p.a.w', 'p.b', 'x']);
  const { a, b } = file.tree<{ a: { w: tf.Tensor }; b: tf.Tensor }>('p');
  expect(a.w.arraySync()).toEqual([[1, 2, 3]]);
  expect(b.arraySync()).toBe(4);
  expect(file.get('x').shape).toEqual([0]);
  expect(() => file.get('y')).toThrow('no y; there are p.a.w, p.b, x');
  file.close();
});

test('results that differ by less than the tolerance are the same', () => {
  const [a, b] = [fileOf({ x: tf.tensor1d([1, 0]) }), fileOf({ x: tf.tensor1d([1, 0.00009]) })];
  expect(differences(a, b)).toEqual([]);
});

test('every other result is named', () => {
  const ours = fileOf({
    far: tf.tensor1d([1, 0.0002]),
    none: tf.tensor1d([Number.NaN]),
    long: tf.zeros([3]),
    own: tf.zeros([1]),
  });
  const theirs = fileOf({ far: tf.tensor1d([1, 0]), none: tf.tensor1d([1]), long: tf.zeros([2]) });
  expect(differences(ours, theirs)).toEqual([
    'far: relative error 2.0e-4, allowed 0.0001',
    'none: relative error NaN, allowed 0.0001',
    'long: relative error NaN, allowed 0.0001',
    'own: only one side has it',
  ]);
});
