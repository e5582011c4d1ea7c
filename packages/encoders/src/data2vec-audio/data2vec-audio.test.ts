import { describeEachBackend } from '@mmolre/backend/test';
import {
  disposeParams,
  evaluating,
  leaves,
  type Mode,
  mapLeaves,
  type Params,
  seededValues,
  trainable,
} from '@mmolre/nn';
import { differingGradients, type Fixture, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { lengthMask, padRows } from '../pad-rows';
import { adamWLosses, differingSketches, fromCheckpoint, seededParams, sketch, sketchDistance } from '../test-weights';
import { data2VecAudio, data2VecFeatures } from './data2vec-audio';
import { data2VecAudioLayout } from './data2vec-audio-checkpoint';
import { type Data2VecAudioConfig, data2VecAudioFrames, readData2VecAudioConfig } from './data2vec-audio-config';
import type { Data2VecAudioParams } from './data2vec-audio-params';
import { normaliseClip } from './raw-audio';

/** In train mode, as the reference; its configurations drop and mask nothing. */
const training: Mode = { training: true, seed: 1 };
const quiet = {
  model_type: 'data2vec-audio',
  hidden_dropout: 0,
  activation_dropout: 0,
  attention_dropout: 0,
  feat_proj_dropout: 0,
  layerdrop: 0,
  apply_spec_augment: false,
};
const fixtureUrl = (name: string) => new URL(`../__fixtures__/${name}.safetensors`, import.meta.url);

/** The settings that a fixture was made with. */
const settingsOf = (name: string) =>
  readFixture(fixtureUrl(name)).about<{ settings: Record<string, Record<string, unknown>> }>().settings;

/** A tree of tensors with a checkpoint's axes, as the model has it. */
const turned = <P extends Params>(tree: P, config: Data2VecAudioConfig): P =>
  mapLeaves(tree, (leaf, name) => fromCheckpoint(leaf, data2VecAudioLayout(config).axes(name)));

/** The whole encoder on samples, padded ones 0. */
function encode(
  params: Data2VecAudioParams,
  samples: tf.Tensor3D,
  mask: tf.Tensor2D,
  config: Data2VecAudioConfig,
  mode: Mode,
  maskPositionalConvs = false,
): tf.Tensor3D {
  return tf.tidy(() =>
    data2VecAudio(
      params,
      data2VecFeatures(params.feature_extractor, samples, config),
      mask,
      config,
      { maskPositionalConvs },
      mode,
    ),
  );
}

describe.each(['small', 'other'])('Data2Vec-audio of the size "%s" against transformers', (size) => {
  describeEachBackend('', () => {
    let fixture: Fixture;
    let config: Data2VecAudioConfig;
    beforeAll(() => {
      fixture = readFixture(fixtureUrl('data2vec-audio'));
      config = readData2VecAudioConfig({ ...quiet, ...settingsOf('data2vec-audio')[size] });
    });
    const load = () => turned(fixture.tree<Data2VecAudioParams>(`${size}.params`), config);
    const read = (name: string) => ({
      samples: tf.expandDims(fixture.get<tf.Tensor2D>(`${size}.${name}.values`), 2) as tf.Tensor3D,
      mask: fixture.get<tf.Tensor2D>(`${size}.${name}.mask`),
      output: fixture.get(`${size}.${name}.output`),
      weight: fixture.get(`${size}.${name}.weight`),
    });

    test('names and shapes are those of the layout', () => {
      const { shapes } = data2VecAudioLayout(config);
      const found = new Map([...leaves(fixture.tree(`${size}.params`))].map(([name, { shape }]) => [name, shape]));
      const optional = config.mask.time.prob > 0 ? [] : ['masked_spec_embed'];
      expect(new Set([...found.keys(), ...optional])).toEqual(new Set(shapes.keys()));
      for (const [name, shape] of found) expect([name, shapes.get(name)]).toEqual([name, shape]);
    });

    test('clips are normalised and padded as Wav2Vec2FeatureExtractor does, and make as many frames', () => {
      const clips = [2, 0, 1].map((i) => fixture.get(`clips.${i}`).dataSync() as Float32Array);
      const { values } = padRows(
        clips.map((clip) => normaliseClip(clip, 96_000, 1)),
        1,
      );
      const { samples, mask } = read('padded');
      expect(values.shape).toEqual(samples.shape);
      expect(tf.max(tf.abs(tf.sub(values, samples))).dataSync()[0]).toBeLessThan(1e-5);
      expect([...tf.sum(mask, 1).dataSync()]).toEqual(clips.map((clip) => data2VecAudioFrames(clip.length, config)));
    });

    describe.each(['plain', 'padded'])('%s batch', (name) => {
      test('hidden states within 1e-4, in evaluation and in training', () => {
        const { samples, mask, output } = read(name);
        for (const mode of [evaluating, training]) {
          const hidden = encode(load(), samples, mask, config, mode);
          expect(hidden.shape).toEqual(output.shape);
          expect(relativeError(hidden, output)).toBeLessThan(1e-5);
          expect(tf.max(tf.abs(tf.sub(hidden, output))).dataSync()[0]).toBeLessThan(1e-4);
        }
      });

      test('every gradient within 1e-3, the convolutions too', () => {
        const { samples, mask, weight } = read(name);
        const trained = trainable(load());
        const loss = () => tf.sum(tf.mul(encode(trained, samples, mask, config, training), weight)) as tf.Scalar;
        const ours = gradientsOf(loss, trained).gradients;
        const theirs = turned(fixture.tree(`${size}.${name}.grads`), config);
        expect(differingGradients(ours, theirs, 1e-3)).toEqual([]);
        disposeParams(trained);
      });
    });
  });
});

describeEachBackend('Data2Vec-audio', () => {
  test('20 steps of AdamW follow the loss of PyTorch within 1e-3', () => {
    const fixture = readFixture(fixtureUrl('data2vec-audio'));
    const config = readData2VecAudioConfig({ ...quiet, ...settingsOf('data2vec-audio').small });
    const trained = trainable(turned(fixture.tree<Data2VecAudioParams>('small.params'), config));
    const samples = tf.expandDims(fixture.get('small.padded.values'), 2) as tf.Tensor3D;
    const mask = fixture.get<tf.Tensor2D>('small.padded.mask');
    const [B, T] = mask.shape;
    const target = tf.mul(tf.tensor3d(seededValues('target.weight', B * T * 16), [B, T, 16]), tf.expandDims(mask, 2));
    const loss = () => {
      const squares = tf.sum(tf.square(tf.sub(encode(trained, samples, mask, config, training), target)));
      return tf.div(squares, tf.sum(mask)) as tf.Scalar;
    };
    const wanted = fixture.get('losses').dataSync();
    const losses = adamWLosses(loss, trained, wanted.length, 1e-3, { weightDecay: 0.01 });
    losses.forEach((got, i) => {
      expect(Math.abs(got - wanted[i]!) / wanted[i]!).toBeLessThan(1e-3);
    });
    expect(wanted.at(-1)! / wanted[0]!).toBeLessThan(0.9);
    disposeParams(trained);
  });

  test('masked frames are the learned vector, and it gets their gradient', () => {
    const fixture = readFixture(fixtureUrl('data2vec-audio'));
    const config = readData2VecAudioConfig({ ...quiet, ...settingsOf('data2vec-audio').masked });
    const trained = trainable(turned(fixture.tree<Data2VecAudioParams>('small.params'), config));
    const samples = tf.expandDims(fixture.get('small.padded.values'), 2) as tf.Tensor3D;
    const mask = fixture.get<tf.Tensor2D>('small.padded.mask');
    const run = () => encode(trained, samples, mask, config, training);
    expect(relativeError(run(), fixture.get('masked.output'))).toBeLessThan(1e-5);
    const loss = () => tf.sum(tf.mul(run(), fixture.get('small.padded.weight'))) as tf.Scalar;
    const theirs = turned(fixture.tree<Record<string, Params>>('masked.grads'), config);
    expect(tf.norm(theirs.masked_spec_embed as tf.Tensor).dataSync()[0]).toBeGreaterThan(0.1);
    expect(differingGradients(gradientsOf(loss, trained).gradients, theirs, 1e-3)).toEqual([]);
    disposeParams(trained);
  });

  describe.each(['plain', 'padded'])('at width 768, %s batch', (name) => {
    test('hidden states within 1e-4, gradients within 1e-3 with frozen convolutions', () => {
      const fixture = readFixture(fixtureUrl('data2vec-audio-wide'));
      const config = readData2VecAudioConfig({ ...quiet, ...settingsOf('data2vec-audio-wide') });
      const layout = data2VecAudioLayout(config);
      const { feature_extractor, ...rest } = seededParams<Data2VecAudioParams>(layout);
      const lengths = name === 'plain' ? [8000, 8000] : [8000, 5000];
      const clips = lengths.map((length, i) => normaliseClip(clip(`${name}.${i}`, length), 96_000, 400));
      const samples = padRows(clips, 1).values;
      const features = data2VecFeatures(feature_extractor, samples, config);
      const frames = lengths.map((length) => data2VecAudioFrames(length, config));
      const mask = lengthMask(frames, Math.max(...frames));
      const trained = { ...trainable(rest), feature_extractor };
      const run = () => data2VecAudio(trained, features, mask, config, { maskPositionalConvs: false }, training);
      const hidden = run();
      const want = [...fixture.get(`${name}.output`).dataSync()];
      expect(sketchDistance(sketch('output', hidden), want) / want[0]!).toBeLessThan(1e-4);
      const weight = tf.mul(
        tf.tensor3d(seededValues(`wide.${name}.weight`, hidden.size), hidden.shape),
        tf.expandDims(mask, 2),
      );
      const ours = gradientsOf(() => tf.sum(tf.mul(run(), weight)), trained).gradients;
      expect(differingSketches(ours, fixture.tree(`${name}.grads`), layout.axes, 1e-3)).toEqual([]);
      disposeParams(trained);
    });
  });
});

/** The clips of scripts/reference/encoders/audio.py. */
function clip(name: string, samples: number): Float32Array {
  const noise = seededValues(`clip.${name}`, samples);
  return noise.map((value, t) => 0.05 + 0.1 * value + 0.2 * Math.sin(t / 7) * Math.sin(t / 300));
}
