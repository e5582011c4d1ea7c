import { useBackend } from '@mmolre/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import fixture from '../__fixtures__/voice.json' with { type: 'json' };
import { FUNCTIONALS, functionalsOf } from '../index';
import { deltaOf, mfcc, summary } from './functionals';
import { pitchOf } from './pitch';

beforeAll(() => useBackend({ log: () => {} }));

/** The largest difference between two lists. */
const apart = (ours: ArrayLike<number>, theirs: readonly number[]): number => {
  expect(ours.length).toBe(theirs.length);
  return Math.max(...theirs.map((x, i) => Math.abs(x - ours[i]!)));
};

describe('a voice', () => {
  const { samples, mfcc: theirs, mfccSummary, deltaSummary, f0 } = fixture;
  const clip = Float32Array.from(samples, (sample) => sample / 32768);

  test("its MFCC are librosa's and scipy's within 1e-3", () => {
    const ours = mfcc(clip);
    theirs.forEach((row, c) => {
      expect(apart(ours[c]!.slice(0, row.length), row)).toBeLessThan(1e-3);
    });
    ours.forEach((row, c) => {
      expect(apart(summary(row), mfccSummary[c]!)).toBeLessThan(1e-3);
      expect(apart(summary(deltaOf(row)), deltaSummary[c]!)).toBeLessThan(1e-3);
    });
  });

  test("its F0 is within 1 % of pYIN's where both hear a voice, and they agree on 85 % of the frames", () => {
    const ours = pitchOf(clip);
    const both = ours.flatMap((hz, t) => (hz > 0 && f0[t] ? [[hz, f0[t]] as const] : []));
    const agree = ours.filter((hz, t) => hz > 0 === Boolean(f0[t])).length;
    expect(both.length).toBeGreaterThan(20);
    expect(agree / ours.length).toBeGreaterThan(0.85);
    for (const [hz, other] of both) expect(Math.abs(hz / other - 1)).toBeLessThan(0.01);
  });

  test('what it is like is finite numbers, of silence and of nothing too, and once a clip', () => {
    for (const samples of [clip, new Float32Array(8000), new Float32Array(0)]) {
      const found = functionalsOf(samples, 6);
      expect(found.length).toBe(FUNCTIONALS);
      expect(found.every(Number.isFinite)).toBe(true);
      expect(functionalsOf(samples, 6)).toBe(found);
    }
  });
});
