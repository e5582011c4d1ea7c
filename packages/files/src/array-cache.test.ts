import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arrayCache } from './array-cache';
import { fromHalf, toHalf } from './half';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-arrays-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const some = new Map([
  ['one', new Float32Array([1, 0.1, -3])],
  ['', new Float32Array([0, 0, 7])],
]);

const files = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('.'))
    .map((name) => join(folder, name));

/** Where a file can be damaged: magic, bytes of a number, count, hash, name, length, the last number. */
const places = (length: number) => [0, 8, 12, 20, 60, 82, length - 1];

function damageEach(file: string, isThere: () => boolean): void {
  const whole = readFileSync(file);
  for (const at of places(whole.length)) {
    const broken = Buffer.from(whole);
    broken[at]! ^= 1;
    writeFileSync(file, broken);
    expect(isThere()).toBe(false);
  }
  writeFileSync(file, whole);
  expect(isThere()).toBe(true);
  for (const length of [whole.length - 1, 40, 0]) {
    truncateSync(file, length);
    expect(isThere()).toBe(false);
  }
  writeFileSync(file, 'no arrays at all, but as long as a header and more'.repeat(3));
  expect(isThere()).toBe(false);
}

describe('one array a file', () => {
  test('gives back the same bits, whatever the key', () => {
    fc.assert(
      fc.property(fc.string(), fc.float32Array(), (key, values) => {
        const cache = arrayCache({ folder });
        expect(cache.set(key, values)).toBe(values);
        expect(arrayCache({ folder }).get(key)).toEqual(values);
      }),
      { numRuns: 50 },
    );
  });

  test('a view into a larger array is kept as what it shows', () => {
    arrayCache({ folder }).set('a', Float32Array.of(1, 2, 3, 4).subarray(1, 3));
    expect(arrayCache({ folder }).get('a')).toEqual(Float32Array.of(2, 3));
  });

  test('a damaged, cut or foreign file counts as not there, and is written again', () => {
    const cache = arrayCache({ folder });
    cache.set('one', some.get('one')!);
    damageEach(files()[0]!, () => cache.get('one') !== undefined);
    cache.set('one', some.get('one')!);
    expect(cache.get('one')).toEqual(some.get('one'));
    expect(files()).toHaveLength(1);
  });
});

describe('many arrays a file', () => {
  test('gives back the bits that were kept, over several writes', () => {
    const cache = arrayCache({ folder });
    expect(cache.getMany(['one']).size).toBe(0);
    cache.setMany(some);
    cache.setMany(new Map([['two', new Float32Array([4, 5])]]));
    cache.setMany(new Map());
    expect(files()).toHaveLength(2);
    const again = arrayCache({ folder });
    const two = new Float32Array([4, 5]);
    expect(again.getMany(['two', 'one', '', 'three'])).toEqual(new Map([...some, ['two', two]]));
    expect(again.get('two')).toEqual(two);
  });

  test('finds those that have a file of their own, too', () => {
    const cache = arrayCache({ folder });
    cache.set('own', Float32Array.of(9));
    cache.setMany(some);
    expect([...cache.getMany(['own', 'one']).keys()].sort()).toEqual(['one', 'own']);
  });

  test('a damaged, cut or foreign file counts as not there', () => {
    const cache = arrayCache({ folder });
    cache.setMany(some);
    damageEach(files()[0]!, () => cache.getMany(['one', '']).size > 0);
  });

  test('the same arrays again are the same file', () => {
    arrayCache({ folder }).setMany(some);
    arrayCache({ folder }).setMany(some);
    expect(files()).toHaveLength(1);
  });
});

test('float16 takes half the space, rounds on the way in too, and has arrays of its own', () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 100);
  const [full, half] = [arrayCache({ folder }), arrayCache({ folder, precision: 'float16' })];
  full.set('a', values);
  expect(half.get('a')).toBeUndefined();
  const size = readFileSync(files()[0]!).length;
  rmSync(files()[0]!);
  const rounded = fromHalf(toHalf(values));
  expect(half.set('a', values)).toEqual(rounded);
  expect(half.get('a')).toEqual(rounded);
  expect(size - readFileSync(files()[0]!).length).toBe(2000);
  expect(half.setMany(new Map([['b', values]])).get('b')).toEqual(rounded);
  expect(half.getMany(['b']).get('b')).toEqual(rounded);
  expect(full.getMany(['a', 'b']).size).toBe(0);
});

test('goes on where nothing can be written, and says so once', () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  const lines: string[] = [];
  const cache = arrayCache({ folder: path, warn: (line) => lines.push(line) });
  expect(cache.setMany(some)).toEqual(some);
  cache.setMany(some);
  expect(cache.set('one', some.get('one')!)).toBe(some.get('one'));
  expect(cache.getMany(['one']).size).toBe(0);
  expect(cache.get('one')).toBeUndefined();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`array cache: cannot write in ${path} (`);
});
