import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withByteSource } from './byte-source';
import { openAudio } from './open-audio';
import { wavFile } from './wav-file';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-wav-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the bytes of three samples', () => {
  const bytes = Buffer.from(wavFile([0.5, -1, 1], 16_000));
  expect(bytes.toString('hex')).toBe(
    [
      '52494646' + '2a000000' + '57415645', // RIFF, 42 bytes follow, WAVE
      '666d7420' + '10000000' + '0100' + '0100', // fmt, 16 bytes: PCM, one channel
      '803e0000' + '007d0000' + '0200' + '1000', // 16,000 Hz, 32,000 bytes a second, blocks of 2, 16 bits
      '64617461' + '06000000' + '0040' + '0080' + 'ff7f', // data, 6 bytes: 1 is beyond what 16 bits hold
    ].join(''),
  );
});

test('what 16 bits hold is read as it was', async () => {
  const path = join(folder, 'a.wav');
  const integers = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(integers, fc.constantFrom(8_000, 16_000, 44_100), async (values, sampleRate) => {
      const samples = Float32Array.from(values, (value) => value / 32_768);
      await writeFile(path, wavFile(samples, sampleRate));
      const { header, read } = await withByteSource(path, async (source) => {
        const { header, decode } = await openAudio(source, 600);
        return { header, read: await decode() };
      });
      expect([header.sampleRate, header.channels]).toEqual([sampleRate, 1]);
      expect(read).toEqual(samples);
    }),
    { numRuns: 50 },
  );
});
