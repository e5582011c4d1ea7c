import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudioCache, makeWav, tones } from '@mmolre/audio';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError } from './data-error';
import { createFeatureCache, storedFeatures, storeFeatures } from './feature-cache';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-features-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('createFeatureCache', () => {
  test('never holds more than its bytes; what was used least lately goes first', () => {
    const cache = createFeatureCache(48);
    const four = (value: number) => new Float32Array(4).fill(value);
    for (const [i, key] of ['a', 'b', 'c'].entries()) cache.set(key, four(i));
    expect(cache.bytes).toBe(48);
    cache.get('a');
    cache.set('d', four(3));
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key)?.[0])).toEqual([0, undefined, 2, 3]);
    expect(cache.bytes).toBe(48);
    const large = new Float32Array(100);
    expect(cache.set('e', large)).toBe(large);
    expect([cache.get('e'), cache.bytes]).toEqual([undefined, 48]);
  });

  test('keeps the first of two under one key', () => {
    const cache = createFeatureCache(100);
    const first = cache.set('a', new Float32Array(1));
    expect(cache.set('a', new Float32Array(1))).toBe(first);
    expect(cache.bytes).toBe(4);
  });
});

describe('on disk', () => {
  const key = 'ab'.repeat(32);
  const file = () => join(folder, 'ab', `${key}.f32`);

  test('gives back the same bits, and nothing of a damaged or cut file', async () => {
    const values = Float32Array.of(1, -0.1, Number.MIN_VALUE, 3e38);
    await storeFeatures(folder, key, values);
    expect(await storedFeatures(folder, key)).toEqual(values);
    expect(await readdir(join(folder, 'ab'))).toEqual([`${key}.f32`]);
    const whole = await readFile(file());
    for (const broken of [
      whole.subarray(0, -4),
      whole.subarray(0, 10),
      whole.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
    ]) {
      await writeFile(file(), broken);
      expect(await storedFeatures(folder, key)).toBeUndefined();
    }
  });

  test('a folder that cannot be written is no error', async () => {
    await writeFile(join(folder, 'file'), '');
    await storeFeatures(join(folder, 'file'), key, new Float32Array(4));
    expect(await storedFeatures(join(folder, 'file'), key)).toBeUndefined();
  });
});

describe('createAudioCache', () => {
  const write = async (name: string, seconds = 0.5) => {
    await writeFile(join(folder, name), makeWav(tones(16_000, seconds, 7_000)));
    return join(folder, name);
  };

  test('keeps files of the same content once, and decodes again what it had to let go', async () => {
    const [a, copy, other] = [await write('a.wav'), await write('copy.wav'), await write('other.wav', 0.6)];
    const audio = createAudioCache({ maxBytes: 40_000 }); // 32,000 and 38,400 bytes
    const first = await audio(a);
    expect(await audio(copy)).toBe(first);
    await audio(other);
    const again = await audio(a);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test('several at once, in order, one of them twice', async () => {
    const [a, b] = [await write('a.wav'), await write('b.wav', 0.25)];
    const audio = createAudioCache();
    const [one, two, three] = await audio.all([a, b, a]);
    expect([one!.length, two!.length]).toEqual([8_000, 4_000]);
    expect(three).toBe(one);
    expect(await audio.all([])).toEqual([]);
  });

  test('an unreadable file is named, and not kept', async () => {
    const path = join(folder, 'late.wav');
    const audio = createAudioCache();
    await expect(audio(path)).rejects.toThrow(DataError);
    await write('late.wav');
    expect((await audio(path)).length).toBe(8_000);
  });

  test('with a folder, a later cache reads what was decoded; other options do not', async () => {
    const path = await write('a.wav');
    const disk = join(folder, 'cache');
    const first = await createAudioCache({ folder: disk })(path);
    const stored = (await readdir(disk, { recursive: true })).filter((name) => name.endsWith('.f32'));
    expect(stored).toHaveLength(1);
    await storeFeatures(
      disk,
      stored[0]!.slice(3, -4),
      first.map((value) => value / 2),
    ); // to see that it is read
    expect((await createAudioCache({ folder: disk })(path))[5_000]).toBe(first[5_000]! / 2);
    expect((await createAudioCache({ folder: disk, firstSeconds: 0.4 })(path))[5_000]).toBe(first[5_000]);
  });
});
