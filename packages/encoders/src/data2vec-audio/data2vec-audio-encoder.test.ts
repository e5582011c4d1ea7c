import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEachBackend } from '@mmolre/backend/test';
import { frameCache } from '@mmolre/files';
import {
  createRng,
  disposeParams,
  evaluating,
  freeze,
  leaves,
  type Mode,
  modeFor,
  trainable,
  variables,
} from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adamWLosses, seededParams } from '../test-weights';
import { data2VecAudioLayout, initData2VecAudio } from './data2vec-audio-checkpoint';
import { data2VecAudioFrames, readData2VecAudioConfig } from './data2vec-audio-config';
import { createData2VecAudio, type Data2VecAudioEncoderOptions } from './data2vec-audio-encoder';
import type { Data2VecAudioParams } from './data2vec-audio-params';

const json = {
  model_type: 'data2vec-audio',
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  conv_dim: [6, 8, 8],
  conv_kernel: [10, 3, 2],
  conv_stride: [5, 2, 2],
  num_conv_pos_embedding_groups: 4,
  conv_pos_kernel_size: 5,
  num_conv_pos_embeddings: 3,
  mask_time_length: 4,
};
const quiet = { hidden_dropout: 0, activation_dropout: 0, attention_dropout: 0, layerdrop: 0, mask_time_prob: 0 };
const clip = (samples: number, seed = samples) => {
  const rng = createRng(seed);
  return Float32Array.from({ length: samples }, () => 0.1 * rng.normal());
};

describeEachBackend('the Data2Vec-audio encoder', () => {
  let params: Data2VecAudioParams;
  let folder: string;
  const config = readData2VecAudioConfig(json);
  beforeAll(() => {
    params = seededParams(data2VecAudioLayout(config));
    folder = mkdtempSync(join(tmpdir(), 'data2vec-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Hidden states of some clips in one batch. */
  function encode(
    clips: Float32Array[],
    options: Data2VecAudioEncoderOptions = {},
    mode: Mode = evaluating,
    from = config,
  ) {
    const encoder = createData2VecAudio(from, params, options);
    return encoder.encode(encoder.prepare(clips), mode);
  }
  const rowOf = (hidden: tf.Tensor3D, b: number, T: number) => tf.slice(hidden, [b, 0, 0], [1, T, hidden.shape[2]]);

  test('gives one vector a frame, 0 where a clip is padded', () => {
    const clips = [clip(900), clip(505), clip(20)];
    const frames = clips.map(({ length }) => Math.max(1, data2VecAudioFrames(length, config)));
    for (const trainFeatures of [false, true]) {
      const { hidden, mask } = encode(clips, { trainFeatures });
      expect(hidden.shape).toEqual([3, frames[0], 16]);
      expect([...tf.sum(mask, 1).dataSync()]).toEqual(frames);
      frames.forEach((T, b) => {
        const padding = tf.slice(hidden, [b, T, 0], [1, -1, -1]);
        expect(tf.max(tf.abs(tf.concat([padding, tf.zeros([1, 1, 16])], 1))).dataSync()[0]).toBe(0);
      });
    }
  });

  test('a frozen feature extractor runs in prepare, a training one in encode: one result', () => {
    const clips = [clip(900), clip(505)];
    const [frozen, training] = [false, true].map((trainFeatures) => encode(clips, { trainFeatures }).hidden);
    expect(relativeError(frozen!, training!)).toBeLessThan(1e-5);
  });

  test('with maskPositionalConvs padding changes nothing, for any lengths; without, it changes little', () => {
    const length = fc.integer({ min: 46, max: 1200 });
    fc.assert(
      fc.property(length, length, fc.boolean(), (first, second, trainFeatures) => {
        tf.tidy(() => {
          const short = clip(Math.min(first, second));
          const options = { maskPositionalConvs: true, trainFeatures };
          const alone = encode([short], options).hidden;
          const padded = encode([clip(Math.max(first, second)), short], options).hidden;
          expect(relativeError(rowOf(padded, 1, alone.shape[1]), alone)).toBeLessThan(1e-5);
        });
      }),
      { numRuns: 15, seed: 1 },
    );
    const [alone, padded] = [encode([clip(505)]).hidden, encode([clip(900), clip(505)]).hidden];
    const change = relativeError(rowOf(padded, 1, alone.shape[1]), alone);
    expect(change).toBeGreaterThan(1e-4);
    expect(change).toBeLessThan(0.5);
  });

  test('a clip is cut at maxSeconds', () => {
    const long = clip(2000);
    expect(
      relativeError(encode([long], { maxSeconds: 0.05 }).hidden, encode([long.slice(0, 800)]).hidden),
    ).toBeLessThan(1e-6);
  });

  const sites = [
    ['dropout', { hidden_dropout: 0.3 }],
    ['attention dropout', { attention_dropout: 0.3 }],
    ['activation dropout', { activation_dropout: 0.3 }],
    ['projection dropout', { feat_proj_dropout: 0.3 }],
    ['LayerDrop', { layerdrop: 0.5 }],
    ['time masking', { mask_time_prob: 0.3 }],
    ['feature masking', { mask_feature_prob: 0.3, mask_feature_length: 2 }],
  ] as const;
  test.each(sites)('%s follows the seed in training, and is off in evaluation', (_, on) => {
    const noisy = readData2VecAudioConfig({ ...json, ...quiet, ...on });
    const run = (seed: number, training = true) =>
      encode([clip(900)], {}, modeFor({ training, seed }, 0), noisy).hidden.arraySync();
    expect(run(1)).toEqual(run(1));
    const different = new Set([1, 2, 3, 4, 5, 6].map((seed) => JSON.stringify(run(seed))));
    expect(different.size).toBeGreaterThan(1);
    expect(run(1, false)).toEqual(run(2, false));
    expect(JSON.stringify(run(1, false))).toBe(JSON.stringify(encode([clip(900)]).hidden.arraySync()));
  });

  test('LayerDrop leaves out each layer with its probability', () => {
    const noisy = readData2VecAudioConfig({ ...json, ...quiet, layerdrop: 1 });
    const none = { ...config, numLayers: 0 };
    const all = encode([clip(900)], {}, { training: true, seed: 1 }, noisy).hidden;
    const without = { ...params, encoder: { ...params.encoder, layers: [] } };
    const encoder = createData2VecAudio(none, without);
    expect(relativeError(all, encoder.encode(encoder.prepare([clip(900)]), evaluating).hidden)).toBe(0);
  });

  test('the cache gives the same frames, and is told apart by the weights, also when they are assigned later', () => {
    const cache = frameCache({ folder, precision: 'float32' });
    const files = () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.arrays'));
    const want = encode([clip(900), clip(505)]).hidden;
    for (const _ of ['written', 'read'])
      expect(relativeError(encode([clip(900), clip(505)], { cache }).hidden, want)).toBe(0);
    expect(files()).toHaveLength(2);
    const weight = tf.variable(params.feature_extractor.conv_layers[0]!.conv.weight);
    const [first, ...others] = params.feature_extractor.conv_layers;
    const conv_layers = [{ ...first!, conv: { weight } }, ...others];
    const encoder = createData2VecAudio(config, { ...params, feature_extractor: { conv_layers } }, { cache });
    const before = encoder.prepare([clip(900)]).frames;
    expect(files()).toHaveLength(2);
    weight.assign(tf.neg(weight));
    const after = encoder.prepare([clip(900)]).frames;
    expect(files()).toHaveLength(3);
    expect(relativeError(after, before)).toBeGreaterThan(0.1);
  });

  test('float16 in the cache changes the output by less than 1e-3', () => {
    const half = encode([clip(900)], {
      cache: frameCache({ folder: join(folder, 'half'), precision: 'float16' }),
    }).hidden;
    const change = relativeError(half, encode([clip(900)]).hidden);
    expect(change).toBeGreaterThan(0);
    expect(change).toBeLessThan(1e-3);
  });

  test('a feature extractor that trains is not cached', () => {
    const create = () =>
      createData2VecAudio(config, params, { trainFeatures: true, cache: frameCache({ folder, precision: 'float32' }) });
    expect(create).toThrow('cannot be cached');
  });

  test('overfits one batch with the convolutions frozen, which stay as they are', () => {
    const still = readData2VecAudioConfig({ ...json, ...quiet });
    const trained = trainable(seededParams<Data2VecAudioParams>(data2VecAudioLayout(still)));
    freeze(trained.feature_extractor);
    const frozen = JSON.stringify(trained.feature_extractor.conv_layers[1]!.conv.weight.arraySync());
    const encoder = createData2VecAudio(still, trained);
    const input = encoder.prepare([clip(900), clip(505)]);
    const target = tf.randomNormal<tf.Rank.R3>([2, 44, 16], 0, 1, 'float32', 1);
    const loss = () => {
      const { hidden, mask } = encoder.encode(input, { training: true, seed: 1 });
      return tf.mean(tf.mul(tf.square(tf.sub(hidden, target)), tf.expandDims(mask, 2))) as tf.Scalar;
    };
    expect([...variables(trained).keys()].some((path) => path.startsWith('feature_extractor'))).toBe(false);
    const losses = adamWLosses(loss, trained, 60, 1e-2, { weightDecay: 0 });
    expect(losses.at(-1)! / losses[0]!).toBeLessThan(0.35);
    expect(JSON.stringify(trained.feature_extractor.conv_layers[1]!.conv.weight.arraySync())).toBe(frozen);
    disposeParams(trained);
  });

  test('leaks no tensor, in prepare, encode and the gradient, frozen or not', () => {
    for (const trainFeatures of [false, true]) {
      const trained = trainable(seededParams<Data2VecAudioParams>(data2VecAudioLayout(config)));
      if (!trainFeatures) freeze(trained.feature_extractor);
      const encoder = createData2VecAudio(config, trained, { trainFeatures });
      const before = tf.memory().numTensors;
      const input = encoder.prepare([clip(900), clip(505)]);
      expect(tf.memory().numTensors).toBe(before + 2);
      const output = encoder.encode(input, { training: true, seed: 3 });
      tf.dispose([output.hidden, output.mask]);
      const again = encoder.prepare([clip(900)]);
      const loss = () => tf.sum(encoder.encode(again, { training: true, seed: 3 }).hidden) as tf.Scalar;
      tf.dispose(tf.variableGrads(loss, [...variables(trained).values()]));
      tf.dispose([input, again]);
      expect(tf.memory().numTensors).toBe(before);
      disposeParams(trained);
    }
  });

  test('random weights have the names and shapes of the checkpoint', () => {
    const started = initData2VecAudio(config, createRng(1));
    const shapeOf = (tree: Data2VecAudioParams) =>
      [...leaves(tree)].map(([name, { shape }]) => `${name} ${shape}`).sort();
    expect(shapeOf(started)).toEqual(shapeOf(params));
    const encoder = createData2VecAudio(config, started);
    expect(
      encoder
        .encode(encoder.prepare([clip(900)]), evaluating)
        .hidden.dataSync()
        .every(Number.isFinite),
    ).toBe(true);
  });
});
