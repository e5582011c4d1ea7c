import { describeEachBackend } from '@mmolre/backend/test';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lengthMask, padRows } from '../pad-rows';
import { frameLength, normaliseClip, receptiveField } from './raw-audio';

const base = [10, 3, 3, 3, 3, 2, 2].map((kernel, i) => ({ kernel, stride: i === 0 ? 5 : 2 }));

describe('frameLength', () => {
  test('6 s are 299 frames at base size; 400 samples are the fewest', () => {
    expect([96_000, 16_000, 720, 719, 400, 399, 0].map((samples) => frameLength(samples, base))).toEqual([
      299, 49, 2, 1, 1, 0, 0,
    ]);
    expect(receptiveField(base)).toBe(400);
  });

  test('the receptive field is the shortest clip with a frame, for any convolutions', () => {
    const conv = fc.record({ kernel: fc.integer({ min: 1, max: 12 }), stride: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(fc.array(conv, { minLength: 1, maxLength: 6 }), (convs) => {
        const least = receptiveField(convs);
        expect(frameLength(least, convs)).toBe(1);
        expect(frameLength(least - 1, convs)).toBe(0);
      }),
    );
  });
});

describe('normaliseClip', () => {
  test('zero mean, unit variance, cut first and filled up last', () => {
    const clip = Float32Array.from([1, 2, 3, 4, 100, 100]);
    const normal = normaliseClip(clip, 4, 6);
    const deviation = Math.sqrt(1.25 + 1e-7);
    [-1.5, -0.5, 0.5, 1.5, 0, 0].forEach((value, i) => {
      expect(normal[i]).toBeCloseTo(value / deviation, 6);
    });
    expect(normal).toHaveLength(6);
    expect([...clip]).toEqual([1, 2, 3, 4, 100, 100]);
  });

  test('loudness and offset go', () => {
    const clip = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i));
    const other = clip.map((sample) => 0.25 * sample + 0.5);
    const [a, b] = [clip, other].map((samples) => normaliseClip(samples, 1000, 400));
    a!.forEach((value, i) => {
      expect(b![i]).toBeCloseTo(value, 3);
    });
  });

  test('silence stays silent; what is no sound is refused', () => {
    expect([...normaliseClip(new Float32Array(4), 10, 4)]).toEqual([0, 0, 0, 0]);
    expect(() => normaliseClip(new Float32Array(0), 10, 4)).toThrow(
      'audio clip: expected at least one sample, found none',
    );
    expect(() => normaliseClip(Float32Array.from([0, Number.NaN]), 10, 4)).toThrow(
      'audio clip: sample 1 is not a finite number',
    );
  });
});

describeEachBackend('padRows', () => {
  test('pads with 0 to the longest and says what is real', () => {
    const { values, mask } = padRows([Float32Array.from([1, 2]), Float32Array.from([3, 4, 5, 6])], 2);
    expect(values.arraySync()).toEqual([
      [
        [1, 2],
        [0, 0],
      ],
      [
        [3, 4],
        [5, 6],
      ],
    ]);
    expect(mask.arraySync()).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(lengthMask([0, 2], 3).arraySync()).toEqual([
      [0, 0, 0],
      [1, 1, 0],
    ]);
  });
});
