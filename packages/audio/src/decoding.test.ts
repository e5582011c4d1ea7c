import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAudioInfo } from './audio-info';
import { withByteSource } from './byte-source';
import { flacFrames } from './flac-frames';
import { readFlacHeader } from './flac-header';
import { pageChecksum, pageEnd } from './ogg-header';
import { openAudio } from './open-audio';
import { readAudio } from './read-audio';
import { makeWav } from './testing/make-wav';
import { silentFlac } from './testing/silent-flac';
import { decibels, tones } from './testing/tones';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-decoding-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fixture = (name: string) => new URL(`./__fixtures__/${name}`, import.meta.url).pathname;
async function reference(name: string): Promise<Float32Array> {
  const bytes = await readFile(fixture(`decoded_${name}.f32`));
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}
async function written(content: Uint8Array, name = `clip-${Math.random().toString(36).slice(2)}`): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}
/** At the file's own rate. */
const decoded = (path: string) => withByteSource(path, async (source) => (await openAudio(source, 600)).decode());

describe('decodes as libsndfile', () => {
  test.each([
    ...['pcm-u8', 'pcm-16', 'pcm-24', 'pcm-32', 'float', 'double', 'alaw', 'ulaw', 'rf64'].map(
      (kind) => `noise-${kind}.wav`,
    ),
    ...['pcm-s8', 'pcm-16', 'pcm-24'].map((kind) => `noise-${kind}.flac`),
  ])('%s, two channels, to the last bit of the mean', async (name) => {
    const [ours, theirs] = [await decoded(fixture(name)), await reference(name)];
    expect(ours.length).toBe(320);
    const worst = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]!)));
    expect(worst).toBeLessThanOrEqual(2 ** -24); // of values up to 1 in single precision
    if (/pcm-(u8|s8|16)|law|rf64/.test(name)) expect(ours).toEqual(theirs);
  });

  test.each([
    ['ima-adpcm-1.wav', 2_034],
    ['ima-adpcm-2.wav', 2_034],
    // Of these the file notes how many samples there were, which libsndfile does not read.
    ['ms-adpcm-1.wav', 1_100],
    ['ms-adpcm-2.wav', 1_100],
  ])('%s to the last bit', async (name, length) => {
    const [ours, theirs] = [await decoded(fixture(name)), await reference(name)];
    expect(ours.length).toBe(length);
    expect(ours).toEqual(theirs.slice(0, length));
    expect(await readAudioInfo(fixture(name))).toMatchObject({ format: 'wav', seconds: length / 16_000 });
  });

  test.each([
    ['tone.mp3', 110],
    ['tone.ogg', 110],
    ['stereo.ogg', 110],
    ['tone.opus', 130],
    ['stereo.opus', 130],
  ])('%s at its own length, to %i dB', async (name, atLeast) => {
    expect(decibels(await decoded(fixture(name)), await reference(name))).toBeGreaterThan(atLeast);
  });
});

describe('flac, exactly, as its own MD5 says', () => {
  const read = async (name: string) => {
    const file = await readFile(fixture(name));
    const header = readFlacHeader(file);
    expect(header.md5).toBeDefined();
    const samples = await decoded(fixture(name));
    return { frames: [...flacFrames(file, header, header.maxFrames)], length: samples.length };
  };

  test('left, right or the mean of both, and the difference', async () => {
    const { frames, length } = await read('joint.flac');
    expect(length).toBe(12_288);
    expect(frames.map(({ bytes }) => bytes[3]! >> 4)).toEqual([8, 9, 10]);
  });

  test.each([
    ['fixed.flac', 'a fixed predictor', (kind: number) => kind >= 8 << 1 && kind <= 12 << 1],
    ['wasted-bits.flac', 'lower bits that are zero', (kind: number) => kind % 2 === 1],
  ])('%s: %s', async (name, _, isSo) => {
    const { frames, length } = await read(name);
    expect(length).toBe(1_200);
    for (const { bytes, headerLength } of frames) expect(isSo(bytes[headerLength]!)).toBe(true);
  });
});

describe('firstSeconds', () => {
  const seconds = 0.13;
  test.each(['tone.flac', 'stereo.flac', 'tone.mp3', 'tone.ogg', 'tone.opus'])(
    'of %s are the first ones of the whole',
    async (name) => {
      const whole = await readAudio(fixture(name));
      const first = await readAudio(fixture(name), { firstSeconds: seconds });
      expect(first.length).toBe(2_080);
      expect(first).toEqual(whole.slice(0, 2_080));
      expect(await readAudio(fixture(name), { firstSeconds: 9 })).toEqual(whole);
    },
  );

  test.each([8_000, 11_025, 22_050, 44_100, 48_000, 44_101])(
    'of a wav of %i Hz are the first ones of the whole',
    async (rate) => {
      const path = await written(makeWav(tones(rate, 0.4, 3_500), { sampleRate: rate }));
      const whole = await readAudio(path);
      expect(whole.length).toBe(Math.ceil((Math.round(rate * 0.4) * 16_000) / rate));
      expect(await readAudio(path, { firstSeconds: seconds })).toEqual(whole.slice(0, 2_080));
    },
  );

  test('of an hour of wav: reads no more of it than them', async () => {
    const path = await written(makeWav(tones(16_000, 1, 7_000)));
    const whole = await readAudio(path);
    const bytes = 3_600 * 32_000;
    const file = await open(path, 'r+'); // full of holes, so that it takes no room
    const lengths = Buffer.alloc(4);
    lengths.writeUInt32LE(bytes);
    await file.write(lengths, 0, 4, 40);
    await file.truncate(44 + bytes);
    await file.close();
    let read = 0;
    const first = await withByteSource(path, async (source) => {
      const counted = {
        ...source,
        read: async (at: number, length: number) =>
          source.read(at, length).then((part) => {
            read += part.length;
            return part;
          }),
      };
      return (await openAudio(counted, 4_000)).decode(1_000);
    });
    expect(first).toEqual(whole.slice(0, 1_000));
    expect(read).toBeLessThan(2_200);
  });
});

describe('readAudioInfo', () => {
  test.each([
    ['noise-pcm-24.wav', 'wav', 16_000, 2, 0.02],
    ['stereo.flac', 'flac', 16_000, 2, 0.5],
    ['tone.ogg', 'ogg vorbis', 16_000, 1, 0.5],
    ['tone.opus', 'opus', 48_000, 1, 0.5],
  ])('%s', async (name, format, sampleRate, channels, seconds) => {
    expect(await readAudioInfo(fixture(name))).toEqual({ format, sampleRate, channels, seconds });
  });

  test('of mp3: no less than 0.11 s below the truth', async () => {
    const { seconds } = await readAudioInfo(fixture('tone.mp3'));
    expect(seconds).toBeGreaterThan(0.39);
    expect(seconds).toBeLessThanOrEqual(0.5);
  });
});

describe('damage', () => {
  test('a flac with other samples than were encoded is refused by its MD5', async () => {
    const file = await readFile(fixture('tone.flac'));
    file[30]! ^= 1;
    await expect(readAudio(await written(file))).rejects.toThrow(
      /damaged: its samples are not those that were encoded, as its MD5/,
    );
    file.fill(0, 26, 42); // none noted
    expect((await readAudio(await written(file))).length).toBe(8_000);
  });

  test('an Ogg page with one bit changed is refused by its checksum', async () => {
    const file = await readFile(fixture('tone.opus'));
    file[9_000]! ^= 4;
    await expect(readAudio(await written(file))).rejects.toThrow(
      /damaged: the Ogg page at byte \d+ is not what was written/,
    );
  });

  test('Ogg pages that do not follow one another are refused, though each is sound', async () => {
    const file = await readFile(fixture('tone.opus'));
    const second = pageEnd(file, 0)!;
    file[second + 5]! |= 1; // it goes on with a packet of the page before
    file.writeUInt32LE(pageChecksum(file, second, pageEnd(file, second)!), second + 22);
    await expect(readAudio(await written(file))).rejects.toThrow(
      `damaged: the Ogg page at byte ${second} does not go on where the one before it ends`,
    );
  });

  test('a flac of many frames is read whole, wherever they lie', async () => {
    const path = await written(silentFlac(100, 1, 6_553_500));
    expect((await readAudio(path)).length).toBe(6_553_500);
    expect((await readAudio(path, { firstSeconds: 100 })).length).toBe(1_600_000);
  });

  test('a flac that holds 1,000 times what its header claims is left early', async () => {
    const sound = await readAudio(await written(silentFlac(2, 8, 131_070)));
    expect([sound.length, sound.every((value) => value === 0)]).toEqual([131_070, true]);
    const bomb = silentFlac(300, 8, 20_000); // 12 kB, 630 MB decoded
    expect(bomb.length).toBeLessThan(12_000);
    const before = process.memoryUsage.rss();
    await expect(readAudio(await written(bomb))).rejects.toThrow(/more than the 20000 samples that its header claims/);
    expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(100);
  });
});
