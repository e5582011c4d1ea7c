import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inputLength, resample } from './resample';
import { decibels, tones } from './testing/tones';

describe('resample', () => {
  test.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [22_050, 16_000],
    [8_000, 16_000],
    [96_000, 16_000],
    [16_000, 24_000],
  ])('%i Hz to %i Hz: within 60 dB of soxr and of the same tones made at the new rate', async (from, to) => {
    const highest = from >= 16_000 ? 7_000 : 3_500;
    const bytes = await readFile(new URL(`./__fixtures__/resample_${from}_${to}.f32`, import.meta.url));
    const soxr = Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
    const ours = resample(tones(from, 0.2, highest), from, to);
    expect(ours.length).toBe(soxr.length);
    expect(decibels(ours, soxr)).toBeGreaterThan(60);
    expect(decibels(ours, tones(to, 0.2, highest))).toBeGreaterThan(65);
  });

  test.each([100, 1_000, 3_000, 5_000, 7_000])('keeps a single tone of %i Hz to 60 dB', (frequency) => {
    const tone = (rate: number) =>
      Float32Array.from({ length: rate / 5 }, (_, i) => {
        const window = Math.sin((Math.PI * i) / (rate / 5)) ** 2;
        return window * Math.sin((2 * Math.PI * frequency * i) / rate);
      });
    expect(decibels(resample(tone(44_100), 44_100, 16_000), tone(16_000))).toBeGreaterThan(60);
  });

  test.each([44_101, 15_999, 47_999, 383_999, 1_000])(
    '%i Hz, with few common divisors: within 60 dB of the same tones made at the new rate',
    (from) => {
      const highest = from === 1_000 ? 450 : 7_000;
      const seconds = from === 15_999 ? 1 : 0.2;
      const ours = resample(tones(from, seconds, highest), from, 16_000);
      expect(Math.abs(ours.length - 16_000 * seconds)).toBeLessThanOrEqual(1);
      const exact = tones(16_000, seconds, highest);
      const length = Math.min(ours.length, exact.length);
      // The input is rounded to whole samples, which makes its raised cosine up to half a sample longer: less than 70 dB.
      expect(decibels(ours.subarray(0, length), exact.subarray(0, length))).toBeGreaterThan(from === 1_000 ? 45 : 60);
    },
  );

  test('the first outputs depend on the first inputs alone, as many as inputLength says', () => {
    const rate = fc.constantFrom(8_000, 11_025, 16_000, 22_050, 44_100, 44_101, 48_000);
    fc.assert(
      fc.property(rate, rate, fc.integer({ min: 1, max: 200 }), (from, to, count) => {
        const x = Float32Array.from({ length: 2_000 }, (_, i) => Math.sin(i * i));
        const needed = inputLength(count, from, to);
        expect(resample(x.slice(0, needed), from, to).slice(0, count)).toEqual(resample(x, from, to).slice(0, count));
      }),
      { numRuns: 30 },
    );
  });

  test('leaves nothing of a tone above the new Nyquist frequency', () => {
    const tone = Float32Array.from({ length: 9_600 }, (_, i) => Math.sin((2 * Math.PI * 9_000 * i) / 48_000));
    const middle = resample(tone, 48_000, 16_000).subarray(200, 3_000);
    expect(Math.max(...middle.map(Math.abs))).toBeLessThan(1e-3);
  });

  test('gives ceil(n * to / from) samples, and is linear', () => {
    const rate = fc.integer({ min: 2_000, max: 20_000 });
    const samples = fc.float32Array({ minLength: 0, maxLength: 300, min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(samples, rate, rate, (x, from, to) => {
        const y = resample(x, from, to);
        expect(y.length).toBe(Math.ceil((x.length * to) / from));
        const doubled = resample(
          x.map((value) => 2 * value),
          from,
          to,
        );
        for (let i = 0; i < y.length; i++) expect(doubled[i]).toBeCloseTo(2 * y[i]!, 5);
      }),
      { numRuns: 20 },
    );
  });

  test('refuses a rate that is none', () => {
    expect(() => resample(new Float32Array(4), 0, 16_000)).toThrow('sample rate: expected a positive integer, found 0');
    expect(() => resample(new Float32Array(4), 16_000, 0.5)).toThrow('found 0.5');
  });
});
