import { describeEachBackend } from '@mmolre/backend/test';
import { readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { logMel, melFrames } from '../index';

const config = { numBands: 80, lowest: 20, highest: 7600 };

describeEachBackend('logMel', () => {
  test('agrees with torchaudio within 1e-5, and at every point within 0.001', () => {
    const fixture = readFixture(new URL('../__fixtures__/log-mel.safetensors', import.meta.url));
    const got = logMel(tf.reshape(fixture.get('waveform'), [1, 8000]), config);
    const want = tf.expandDims(fixture.get('logMel'), 0);
    expect(got.shape).toEqual(want.shape);
    expect(relativeError(got, want)).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(tf.sub(got, want))).dataSync()[0]).toBeLessThan(1e-3);
  });

  test('rows of a batch do not touch each other', () => {
    const two = tf.randomUniform<tf.Rank.R2>([2, 1000], -1, 1, 'float32', 1);
    const [first] = tf.split(two, 2);
    expect(relativeError(tf.slice(logMel(two, config), 0, 1), logMel(first as tf.Tensor2D, config))).toBeLessThan(1e-6);
  });

  test('silence gives the floor', () => {
    for (const value of logMel(tf.zeros([1, 600]), config).dataSync()) expect(value).toBeCloseTo(Math.log(1e-6), 5);
  });

  test('counts whole windows only', () => {
    expect([0, 511, 512, 671, 672, 16_000].map(melFrames)).toEqual([0, 0, 1, 1, 2, 97]);
    expect(() => logMel(tf.zeros([1, 511]), config)).toThrow('logMel samples: expected at least 512 samples, got 511');
  });
});
