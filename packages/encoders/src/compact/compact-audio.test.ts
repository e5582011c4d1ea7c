import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, disposeParams, evaluating, momentsOf, trainable, variables } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import {
  type CompactAudioConfig,
  type CompactAudioParams,
  compactAudio,
  createCompactAudio,
  initCompactAudio,
  melFrames,
  openAudioEncoder,
  SAMPLE_RATE,
} from '../index';
import { findPlace } from '../node';

const config: CompactAudioConfig = {
  kind: 'compact',
  mel: { numBands: 20, lowest: 20, highest: 7600 },
  normalise: 'clip',
  convNorm: 'layer',
  functionals: null,
  convs: [
    { kernel: 5, stride: 2 },
    { kernel: 3, stride: 2 },
  ],
  numLayers: 1,
  numHeads: 4,
  width: 32,
  dropout: 0.1,
  augment: { frequencyWarp: 0.1, tempo: 0.1, crop: 0.9, timeMask: 0.2, frequencyMask: 4, numMasks: 2 },
  maxSeconds: 0.8,
};

/** A tone that swells, with a little noise. */
function clip(seconds: number, hertz = 300): Float32Array {
  const rng = createRng(hertz);
  const sample = (_: unknown, i: number) =>
    0.3 * Math.sin((2 * Math.PI * hertz * i) / SAMPLE_RATE) * Math.sin(i / 3000) + 0.01 * rng.normal();
  return Float32Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, sample);
}

describeEachBackend('the compact audio encoder', () => {
  let encoder: ReturnType<typeof createCompactAudio>;
  beforeAll(() => {
    encoder = createCompactAudio(config, initCompactAudio(config, 16, createRng(1)));
  });
  const encode = (...clips: Float32Array[]) => encoder.encode(encoder.prepare(clips), evaluating);
  const realOf = (mask: tf.Tensor2D) => [...tf.sum(mask, 1).dataSync()];

  test('frames have zero mean and unit variance over each clip, whatever the loudness', () => {
    const loud = clip(0.5);
    const { frames, mask } = encoder.prepare([loud, loud.map((sample) => sample / 4), clip(0.3, 900)]);
    expect(frames.shape).toEqual([3, melFrames(8000), 20]);
    expect(realOf(mask)).toEqual([47, 47, 27]);
    const means = tf.div(tf.mean(tf.sum(frames, 1), 1), tf.sum(mask, 1));
    expect(tf.max(tf.abs(means)).dataSync()[0]).toBeLessThan(1e-4);
    const squares = tf.mean(tf.div(tf.sum(tf.square(frames), 1), tf.sum(mask, 1, true)), 1);
    for (const variance of squares.dataSync()) expect(variance).toBeCloseTo(1, 3);
    const [first, second] = tf.unstack(frames);
    expect(relativeError(second!, first!)).toBeLessThan(0.1); // but for the floor under the logarithm
  });

  test.each([27, 28, 29, 30])('padding changes nothing for %d frames, and padded positions are 0', (frames) => {
    const short = clip((512 + (frames - 1) * 160) / SAMPLE_RATE);
    const alone = encode(short).hidden;
    const both = encode(short, clip(0.7, 500));
    const [, T, D] = alone.shape;
    expect(relativeError(tf.slice(both.hidden, [0, 0, 0], [1, T, D]), alone)).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(tf.slice(both.hidden, [0, T, 0], [1, -1, -1]))).dataSync()[0]).toBe(0);
    expect(realOf(both.mask)).toEqual([T, 17]); // 67 frames, halved twice
  });

  test('what an encoder normalises by is measured over the clips that it is fitted to, and never trains', async () => {
    const still = { frequencyWarp: 0, tempo: 0, crop: 1, timeMask: 0, frequencyMask: 0, numMasks: 0 };
    const fitted: CompactAudioConfig = {
      ...config,
      normalise: 'bands',
      convNorm: 'batch',
      functionals: { dropout: 0 },
      dropout: 0,
      augment: still,
    };
    const opened = await openAudioEncoder(fitted, 16, { find: findPlace });
    const params = trainable((await opened.init(createRng(1))) as CompactAudioParams);
    const clips = [clip(0.5), clip(0.3, 900), clip(0.7, 120)];
    opened.fit!(params, clips);
    const input = (opened.over(params) as ReturnType<typeof createCompactAudio>).prepare(clips);
    const { mean, variance } = momentsOf(input.frames, input.mask);
    expect(relativeError(params.bands!.mean, mean)).toBeLessThan(1e-5);
    expect(relativeError(params.bands!.variance, variance)).toBeLessThan(1e-4);
    const voices = momentsOf(tf.expandDims(input.functionals!, 1), tf.ones([3, 1]));
    expect(relativeError(params.functionals!.moments.mean, voices.mean)).toBeLessThan(1e-5);
    expect(relativeError(params.functionals!.moments.variance, voices.variance)).toBeLessThan(1e-4);
    // All clips as one batch: what training takes from the batch is what was measured.
    const [training, evaluation] = [{ training: true, seed: 1 }, evaluating].map(
      (mode) => compactAudio(params, input, fitted, mode).hidden,
    );
    expect(relativeError(training!, evaluation!)).toBeLessThan(1e-4);
    expect([...variables(params).keys()].filter((path) => /^bands|moments/.test(path))).toEqual([]);
    disposeParams(params);
  });

  test('a clip is cut at maxSeconds, which is as far as positions reach', () => {
    const long = clip(3);
    const { hidden } = encode(long);
    expect(hidden.shape).toEqual([1, 20, 16]); // 77 frames, halved twice
    expect(relativeError(hidden, encode(long.subarray(0, 12_800)).hidden)).toBe(0);
  });

  test('a clip too short for a frame is filled up to one, and silence gives finite numbers', () => {
    const output = encode(clip(0.01), new Float32Array(8000));
    expect(realOf(output.mask)).toEqual([1, 12]);
    expect(output.hidden.dataSync().every(Number.isFinite)).toBe(true);
  });

  test('augmentation and dropout follow the seed, in training only', () => {
    const input = encoder.prepare([clip(0.3)]);
    const run = (training: boolean, seed: number) => encoder.encode(input, { training, seed }).hidden.arraySync();
    expect(run(true, 1)).toEqual(run(true, 1));
    expect(run(true, 1)).not.toEqual(run(true, 2));
    expect(run(false, 1)).toEqual(run(false, 2));
  });

  test('a clip gets the same frames again, alone or in a batch', () => {
    const [short, long] = [clip(0.3), clip(0.5)];
    const once = encoder.prepare([short]).frames;
    const again = encoder.prepare([long, short]).frames;
    const [, T, M] = once.shape;
    expect(relativeError(tf.slice(again, [1, 0, 0], [1, T, M]), once)).toBe(0);
  });

  test('leaks no tensor', () => {
    const before = tf.memory().numTensors;
    const input = encoder.prepare([clip(0.3), clip(0.2)]);
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose(Object.values(encoder.encode(input, { training: true, seed: 1 })));
    tf.dispose(input);
    expect(tf.memory().numTensors).toBe(before);
  });
});
