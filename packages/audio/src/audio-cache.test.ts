import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrayCache, DataError } from '@mmolre/files';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAudioCache } from './audio-cache';
import { readAudioFiles } from './read-audio-file';
import { makeWav } from './testing/make-wav';
import { tones } from './testing/tones';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-audio-cache-'));
});
afterEach(() => rm(folder, { recursive: true }));

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
    const { keys } = await readAudioFiles({ paths: [path], options: {} });
    const stored = arrayCache({ folder: disk });
    expect(stored.get(keys[0]!)).toEqual(first);
    stored.set(
      keys[0]!,
      first.map((value) => value / 2),
    ); // to see that it is read
    expect((await createAudioCache({ folder: disk })(path))[5_000]).toBe(first[5_000]! / 2);
    expect((await createAudioCache({ folder: disk, firstSeconds: 0.4 })(path))[5_000]).toBe(first[5_000]);
  });
});
