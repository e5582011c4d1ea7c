import { join } from 'node:path';
import { makeWav, tones } from '@mmolre/audio/test';
import { describe, expect, test } from 'vitest';
import { temporaryFolders } from '../__fixtures__/temporary-folders';
import { audioRemark, hearRecording } from './audio-remark';

const folderOf = temporaryFolders();
const kindOf = (samples: Float32Array) => audioRemark(samples, 16_000)?.kind;
const speech = tones(16_000, 1, 1_000); // 100 to 997 Hz, as voices have
/** Louder by a factor, as a recorder of so many bits keeps it. */
const recorded = (gain: number, bits = 16) => {
  const scale = 2 ** (bits - 1);
  return speech.map((value) => Math.max(-scale, Math.min(scale - 1, Math.round(value * gain * scale))) / scale);
};

test('sound as it should be gives no remark, in 16 and 8 bits, as loud as it can be', () => {
  const peak = speech.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const gain of [0.01, 1, 1 / peak]) {
    expect(kindOf(recorded(gain))).toBeUndefined();
    expect(kindOf(recorded(gain, 8))).toBeUndefined();
  }
});

describe('a remark', () => {
  test('on next to nothing', () => {
    expect(audioRemark(Float32Array.of(0.5), 16_000)).toEqual({
      kind: 'short-audio',
      message: 'only 0.0001 seconds of sound, 1 sample',
    });
    expect(kindOf(speech.slice(0, 799))).toBe('short-audio');
    expect(kindOf(speech.slice(4_000, 4_800))).not.toBe('short-audio');
  });

  test('on silence, at any level, up to -60 dBFS', () => {
    expect(kindOf(new Float32Array(1_600))).toBe('silent-audio');
    expect(kindOf(new Float32Array(1_600).fill(-0.75))).toBe('silent-audio');
    const hum = (peak: number) => Float32Array.from({ length: 1_600 }, (_, i) => peak * Math.cos((Math.PI * i) / 20));
    expect(kindOf(hum(0.00099))).toBe('silent-audio');
    expect(kindOf(hum(0.00101))).toBeUndefined();
  });

  test('on clipping, with the number of places', () => {
    expect(kindOf(recorded(4))).toBe('clipped-audio');
    // One run is a click or a loud end, ten are a rule.
    const once = Float32Array.from(speech).fill(1, 4_000, 4_100);
    expect(kindOf(once)).toBeUndefined();
    for (let place = 1; place < 10; place++) once.fill(-1, 4_000 + 200 * place, 4_005 + 200 * place);
    expect(audioRemark(once, 16_000)?.message).toBe(
      'clipped: it stays at full scale for 5 samples or more in 10 places',
    );
    for (let place = 1; place < 10; place++) once.fill(-0.5, 4_000 + 200 * place, 4_001 + 200 * place);
    expect(kindOf(once)).toBeUndefined();
  });

  test('on a mean off centre', () => {
    expect(
      audioRemark(
        speech.map((value) => value / 2 + 0.06),
        16_000,
      ),
    ).toEqual({
      kind: 'offset-audio',
      message: 'off centre: its mean is 0.060, expected about 0',
    });
    expect(kindOf(speech.map((value) => value / 2 - 0.04))).toBeUndefined();
  });
});

test('a recording is heard at its own rate, where clipping is seen', async () => {
  const loud = tones(48_000, 0.5, 7_000).map((value) => Math.max(-1, Math.min(1, 6 * value)));
  const folder = await folderOf({ 'a.wav': makeWav(loud, { sampleRate: 48_000, bits: 24 }) });
  const heard = await hearRecording(join(folder, 'a.wav'), 600);
  expect(heard).toMatchObject({ seconds: 0.5, sampleRate: 48_000, remark: { kind: 'clipped-audio' } });
  expect(heard.samples).toHaveLength(24_000);
});
