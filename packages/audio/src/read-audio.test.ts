import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@mmolre/files';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createAudioCache } from './audio-cache';
import { decodeAudio, readAudio } from './read-audio';
import { makeWav, type WavOptions } from './testing/make-wav';
import { decibels, tones } from './testing/tones';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-audio-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(content: Uint8Array | string): Promise<string> {
  const path = join(folder, `clip-${Math.random().toString(36).slice(2)}`);
  await writeFile(path, content);
  return path;
}

const fixture = (name: string) => readFile(new URL(`./__fixtures__/${name}`, import.meta.url));
const tone = (sampleRate = 16_000) => tones(sampleRate, 0.5, 7_000).map((value) => value / 2);
const silence = new Float32Array(160);

/** The error of a file that must not be read: one line that begins with the file's name. */
async function refusal(content: Uint8Array | string, options = {}): Promise<string> {
  const path = await written(content);
  const error = await readAudio(path, options).then(
    () => expect.fail('it was read'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(DataError);
  const { message } = error as DataError;
  expect(message.startsWith(`${path}: `)).toBe(true);
  expect(message).not.toContain('\n');
  return message.slice(path.length + 2);
}

describe('readAudio reads', () => {
  test.each<[string, WavOptions, number]>([
    ['8 bits', { bits: 8 }, 25],
    ['16 bits', { bits: 16 }, 75],
    ['24 bits', { bits: 24 }, 110],
    ['32 bits', { bits: 32 }, 120],
    ['float', { bits: 32, float: true }, 140],
    ['double', { bits: 64, float: true }, 140],
    ['extensible 24 bits', { bits: 24, extensible: true }, 110],
    ['extensible float', { bits: 32, float: true, extensible: true }, 140],
    ['a chunk of odd length before the samples', { note: true }, 75],
    ['11,025 Hz', { sampleRate: 11_025 }, 60],
    ['44,100 Hz', { sampleRate: 44_100 }, 60],
  ])('wav: %s', async (_, options, atLeast) => {
    const rate = options.sampleRate ?? 16_000;
    const highest = rate < 16_000 ? 4_600 : 7_000;
    const audio = await readAudio(await written(makeWav(tones(rate, 0.4, highest), options)));
    expect(decibels(audio, tones(16_000, 0.4, highest))).toBeGreaterThan(atLeast);
  });

  test('several channels as their mean', async () => {
    const stereo = Float32Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? 0.5 : -0.25));
    const audio = await readAudio(await written(makeWav(stereo, { channels: 2 })));
    expect(audio.length).toBe(1_000);
    expect(audio[500]).toBeCloseTo(0.125, 4);
    const left = await readAudio(await written(await fixture('stereo.flac')));
    expect(
      decibels(
        left,
        tone().map((value) => value / 2),
      ),
    ).toBeGreaterThan(90);
  });

  test.each([
    ['tone.flac', 70],
    ['tone.mp3', 20],
    ['tone.ogg', 25],
    ['tone.opus', 20],
  ])('%s, at its exact length', async (name, atLeast) => {
    const audio = await readAudio(await written(await fixture(name)));
    expect(audio.length).toBe(8_000);
    expect(decibels(audio, tone())).toBeGreaterThan(atLeast);
  });

  test('a wav whose length was not known when its header was written', async () => {
    const wav = makeWav(tone());
    wav.writeUInt32LE(0xffffffff, 40);
    expect((await readAudio(await written(wav))).length).toBe(8_000);
  });

  test('values beyond 1 as 1', async () => {
    const audio = await readAudio(await written(makeWav([3, -3, 0.5], { bits: 32, float: true })));
    expect([...audio]).toEqual([1, -1, 0.5]);
  });

  test('at another rate if asked', async () => {
    expect((await readAudio(await written(makeWav(tone())), { sampleRate: 8_000 })).length).toBe(4_000);
  });
});

describe('readAudio refuses', () => {
  test('what is no audio', async () => {
    expect(await refusal('')).toBe('the file is empty');
    expect(await refusal('<html>404</html>')).toMatch(
      /^not audio: expected wav, .* found a file that begins with the bytes 3c68746d6c3e3430$/,
    );
    expect(await refusal('version https://git-lfs.github.com/spec/v1\noid sha256:0\n')).toMatch(/^a Git LFS pointer/);
    await expect(readAudio(folder)).rejects.toThrow(`${folder}: expected a file, found a folder`);
    await expect(readAudio(join(folder, 'none.wav'))).rejects.toThrow('none.wav: no such file');
  });

  test('a wav that is cut off, or claims more than it holds', async () => {
    const wav = makeWav(tone());
    expect(await refusal(wav.subarray(0, 20))).toMatch(/truncated/);
    expect(await refusal(wav.subarray(0, 1_000))).toBe(
      'truncated: its header claims 16000 bytes of samples, 956 are there',
    );
    wav.writeUInt32LE(4_000_000_000, 40);
    expect(await refusal(wav)).toBe('truncated: its header claims 4000000000 bytes of samples, 16000 are there');
  });

  test('a wav it cannot make sense of', async () => {
    const mp3 = makeWav(silence);
    mp3.writeUInt16LE(0x55, 20);
    expect(await refusal(mp3)).toMatch(/expected PCM of 8, 16, 24 or 32 bits, float, .*, found format 85$/);
    const odd = makeWav(silence);
    odd.writeUInt16LE(12, 34);
    expect(await refusal(odd)).toMatch(/found PCM of 12 bits$/);
    const noRate = makeWav(silence, { sampleRate: 0 });
    expect(await refusal(noRate)).toBe('expected a sample rate from 1000 to 384000 Hz, found 0');
    const wrongBlock = makeWav(silence);
    wrongBlock.writeUInt16LE(7, 32);
    expect(await refusal(wrongBlock)).toMatch(/contradicts itself: 1 channels of 16 bits in 7 bytes/);
    expect(await refusal(makeWav([]))).toBe('no samples in it');
    expect(await refusal(makeWav([0, Number.NaN], { bits: 32, float: true }))).toMatch(/not a finite number/);
  });

  test('what is too long, from its header', async () => {
    expect(await refusal(makeWav(tone()), { maxSeconds: 0.1 })).toBe('0.5 seconds long, expected at most 0.1');
    for (const name of ['tone.flac', 'tone.mp3', 'tone.ogg', 'tone.opus']) {
      expect(await refusal(await fixture(name), { maxSeconds: 0.1 })).toMatch(/seconds long, expected at most 0.1/);
    }
    const endless = await fixture('tone.flac');
    endless.writeUInt8(endless[21]! | 0x0f, 21);
    expect(await refusal(endless)).toMatch(/seconds long, expected at most 600/);
  });

  test('what holds more than its header claims', async () => {
    const flac = await fixture('tone.flac');
    flac.writeUInt32BE(1_000, 22);
    expect(await refusal(flac)).toBe('damaged: more than the 1000 samples that its header claims');
  });

  test.each(['tone.flac', 'tone.mp3', 'tone.ogg', 'tone.opus'])(
    '%s cut anywhere, without a word on the terminal',
    async (name) => {
      const printed = (['log', 'warn', 'error'] as const).map((method) => vi.spyOn(console, method));
      const whole = await fixture(name);
      for (const share of [0.01, 0.1, 0.5, 0.9, 0.99]) {
        expect(await refusal(whole.subarray(0, whole.length * share))).toMatch(/truncated|not audio/);
      }
      for (const spy of printed) {
        expect(spy).not.toHaveBeenCalled();
        spy.mockRestore();
      }
    },
  );

  test.each(['tone.flac', 'tone.mp3', 'tone.ogg', 'tone.opus'])(
    '%s with a wrong byte by a DataError, if at all',
    async (name) => {
      const whole = await fixture(name);
      for (let at = 0; at < 120; at += 3) {
        const broken = Buffer.from(whole);
        broken[at]! ^= 0x55;
        const result = await readAudio(await written(broken)).catch((error: unknown) => error);
        if (result instanceof Float32Array) expect(result.every((value) => Math.abs(value) <= 1)).toBe(true);
        else expect(result).toBeInstanceOf(DataError);
      }
    },
  );
});

test('createAudioCache decodes a file once', async () => {
  const path = await written(makeWav(tone()));
  const audio = createAudioCache();
  const first = audio(path);
  const second = audio(path);
  expect(await second).toBe(await first);
  await rm(path);
  expect(await audio(path)).toBe(await first);
  await expect(audio(path.concat('x'))).rejects.toThrow(DataError);
});

test('bytes in memory are read as the file that holds them, and refused by the same words', async () => {
  const flac = await fixture('joint.flac');
  expect(await decodeAudio(flac)).toEqual(await readAudio(await written(flac)));
  expect(await decodeAudio(flac, { firstSeconds: 0.1 })).toHaveLength(1600);
  const cut = makeWav(tone()).subarray(0, 5_000);
  const reason = await refusal(cut);
  await expect(decodeAudio(cut)).rejects.toThrow(`audio: ${reason}`);
  await expect(decodeAudio(new Uint8Array())).rejects.toThrow('audio: there are no bytes');
});
