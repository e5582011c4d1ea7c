import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { vectorCache } from './vector-cache';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-vectors-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const some = new Map([
  ['one', new Float32Array([1, 0.1, -3])],
  ['', new Float32Array([0, 0, 7])],
]);

/** The files of the one model's folder. */
function files(): string[] {
  const [model] = readdirSync(folder);
  return readdirSync(join(folder, model!)).map((name) => join(folder, model!, name));
}

test('gives back the bits that were kept, over several writes', () => {
  const cache = vectorCache('model', 3, { folder });
  expect(cache.read(['one']).size).toBe(0);
  cache.write(some);
  cache.write(new Map([['two', new Float32Array([4, 5, 6])]]));
  const again = vectorCache('model', 3, { folder });
  expect(again.read(['two', 'one', '', 'three'])).toEqual(new Map([...some, ['two', new Float32Array([4, 5, 6])]]));
});

test('of that model alone', () => {
  vectorCache('model', 3, { folder }).write(some);
  expect(vectorCache('another model', 3, { folder }).read(['one']).size).toBe(0);
  expect(vectorCache('model', 2, { folder }).read(['one']).size).toBe(0);
});

test('a damaged, cut or foreign file counts as not there', () => {
  const cache = vectorCache('model', 3, { folder });
  cache.write(some);
  const [file] = files();
  const whole = readFileSync(file!);
  for (const at of [0, 9, 20, 60, whole.length - 1]) {
    const broken = Buffer.from(whole);
    broken[at]! ^= 1;
    writeFileSync(file!, broken);
    expect(cache.read(['one', '']).size).toBe(0);
  }
  writeFileSync(file!, whole);
  expect(cache.read(['one', '']).size).toBe(2);
  for (const length of [whole.length - 1, 40, 0]) {
    truncateSync(file!, length);
    expect(cache.read(['one', '']).size).toBe(0);
  }
});

test('goes on where nothing can be written, and says so once', () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  const lines: string[] = [];
  const cache = vectorCache('model', 3, { folder: path, warn: (line) => lines.push(line) });
  cache.write(some);
  cache.write(some);
  expect(cache.read(['one']).size).toBe(0);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('vector cache: cannot write in');
});
