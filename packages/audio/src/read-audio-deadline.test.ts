import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAudio } from './read-audio';
import { makeWav } from './testing/make-wav';
import { tones } from './testing/tones';

let folder: string;
let [short, long] = ['', ''];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-deadline-'));
  [short, long] = [join(folder, 'short.wav'), join(folder, 'long.wav')];
  await writeFile(short, makeWav(tones(16_000, 0.5, 7_000)));
  await writeFile(long, makeWav(tones(48_000, 60, 7_000), { sampleRate: 48_000 }));
});
afterAll(() => rm(folder, { recursive: true }));

test('gives up what takes too long, says so, and goes on with the next', async () => {
  const jobs = [long, short, short, long, short, short].map((path) =>
    readAudio(path, path === long ? { deadlineSeconds: 0.01 } : {}).then(
      (samples) => samples.length,
      (error: Error) => `${error.name}: ${error.message}`,
    ),
  );
  const givenUp = `DataError: ${long}: given up, as it was not read within 0.01 seconds`;
  expect(await Promise.all(jobs)).toEqual([givenUp, 8_000, 8_000, givenUp, 8_000, 8_000]);
});

test('errors come through with their kind', async () => {
  const pointer = join(folder, 'pointer.wav');
  await writeFile(pointer, 'version https://git-lfs.github.com/spec/v1\n');
  await expect(readAudio(pointer)).rejects.toMatchObject({ name: 'DataError', kind: 'lfs-pointer' });
  await writeFile(pointer, 'no sound in this');
  await expect(readAudio(pointer)).rejects.toMatchObject({ name: 'DataError', kind: 'corrupt-audio' });
  await expect(readAudio(short, { firstSeconds: 0 })).rejects.toThrow(RangeError);
});
