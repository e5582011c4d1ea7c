import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { frameCache } from '@mmolre/files';
import { createRng, evaluating, trainable } from '@mmolre/nn';
import { gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FrameCache } from '../frame-cache';
import { audioKinds, openAudioEncoder, openTextEncoder, textKinds } from '../kinds/index';
import { findPlace } from '../node/find-place';
import { createWeightedLayers, type WeightedLayersParams } from './weighted-layers';

const fixtureOf = (kind: string) => readFixture(new URL(`../__fixtures__/${kind}-lora.safetensors`, import.meta.url));
const folderOf = (kind: string) => fileURLToPath(new URL(`../__fixtures__/${kind}-small`, import.meta.url));
const D = 10;
const clip = (samples: number) => {
  const rng = createRng(samples);
  return Float32Array.from({ length: samples }, () => 0.1 * rng.normal());
};
const CLIPS = [clip(900), clip(505), clip(30)];
const TEXTS = ['what a movie', 'Nothing.', 'I loved the ending of this movie'];

/** The frozen kinds, and what each is given. */
const openers = {
  roberta: (frames?: FrameCache) =>
    openTextEncoder({ ...textKinds.roberta.preset(), model: folderOf('roberta'), maxTokens: 20, frozen: 'layers' }, D, {
      find: findPlace,
      frames,
    }),
  bert: (frames?: FrameCache) =>
    openTextEncoder({ ...textKinds.bert.preset(), model: folderOf('bert'), maxTokens: 20, frozen: 'layers' }, D, {
      find: findPlace,
      frames,
    }),
  'data2vec-audio': (frames?: FrameCache, averageFrames = 1) =>
    openAudioEncoder(
      { ...audioKinds['data2vec-audio'].preset(), model: folderOf('data2vec-audio'), frozen: 'layers', averageFrames },
      D,
      { find: findPlace, frames },
    ),
};
type Kind = keyof typeof openers;
const itemsOf = (kind: Kind) => (kind === 'data2vec-audio' ? CLIPS : TEXTS) as never[];

async function make(kind: Kind, frames?: FrameCache, averageFrames?: number) {
  const opened = await openers[kind](frames, averageFrames);
  const params = trainable(await opened.init(createRng(1)));
  const { layers } = params as WeightedLayersParams;
  (layers as tf.Variable<tf.Rank.R1>).assign(tf.linspace(-0.5, 1, layers.size));
  return { opened, params, layers, encoder: opened.over(params) };
}

describe.each(Object.keys(openers) as Kind[])('the weighted layers of a frozen %s', (kind) => {
  describeEachBackend('', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'mmolre-layers-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    const files = () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.arrays')).length;

    test('what trains is a scalar a hidden state, and the projection', async () => {
      const { params } = await make(kind);
      expect(Object.keys(params)).toEqual(['layers', 'projection']);
      expect((params as WeightedLayersParams).layers.shape).toEqual([3]);
    });

    test('the store gives what is computed without it, to the last bit, and nothing is computed twice', async () => {
      const cache = frameCache({ folder, precision: 'float32' });
      let computed = 0;
      const counting: FrameCache = {
        ...cache,
        frames: (model, item, width, compute, precision) =>
          cache.frames(
            model,
            item,
            width,
            () => {
              computed++;
              return compute();
            },
            precision,
          ),
      };
      const [stored, plain] = [await make(kind, counting), await make(kind)];
      const run = ({ encoder }: typeof plain) =>
        tf.tidy(() => encoder.encode(encoder.prepare(itemsOf(kind)), evaluating).hidden.arraySync());
      const want = run(plain);
      expect(run(stored)).toEqual(want);
      expect(run(stored)).toEqual(want);
      expect([computed, files()]).toEqual([3, 3]);
    });

    test('leaves no tensor behind', async () => {
      const { encoder } = await make(kind);
      const before = tf.memory().numTensors;
      const input = encoder.prepare(itemsOf(kind));
      expect(tf.memory().numTensors).toBe(before + 2);
      encoder.encode(input, evaluating).hidden.dispose();
      tf.dispose(input);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

describeEachBackend('weighted layers', () => {
  test.each(['roberta', 'bert'])(
    "%s: the sum of transformers' hidden states within 1e-3, the precision in which they are kept; the weights' gradient within 1e-3",
    async (kind) => {
      const fixture = fixtureOf(kind);
      const [ids, mask] = [fixture.get<tf.Tensor2D>('input.input_ids'), fixture.get<tf.Tensor2D>('mask')];
      const { bertStates } = await import('../bert/bert');
      const { robertaStates } = await import('../bert/roberta');
      const { loadText } = await import('../node/pretrained');
      const { config, params } = await loadText(folderOf(kind));
      const states = kind === 'bert' ? bertStates : robertaStates;
      const { layers } = trainable({ layers: fixture.get<tf.Tensor1D>('layers') });
      const encoder = createWeightedLayers<number>(
        { layers },
        {
          ...{ dModel: config.dModel, numLayers: config.numLayers, identity: '', average: 1 },
          keyOf: () => new Float32Array(),
          statesOf(b) {
            const length = tf.tidy(() => tf.sum(tf.slice(mask, [b, 0], [1, -1])).dataSync()[0]!);
            const row = (x: tf.Tensor2D) => tf.slice(x, [b, 0], [1, length]);
            return states(params, { ids: row(ids), mask: row(mask) }, config, evaluating);
          },
        },
      );
      const input = encoder.prepare([0, 1, 2]);
      const run = () => encoder.encode(input, evaluating).hidden;
      expect(relativeError(run(), fixture.get('mixed'))).toBeLessThan(1e-3);
      const { gradients } = gradientsOf(() => tf.sum(tf.mul(run(), fixture.get('weight'))) as tf.Scalar, { layers });
      expect(relativeError(gradients.get('layers')!, fixture.get('layersGrad'))).toBeLessThan(1e-3);
    },
  );

  test('the states of data2vec-audio are those of transformers within 1e-4', async () => {
    const fixture = fixtureOf('data2vec-audio');
    const { data2VecFeatures, data2VecStates } = await import('../data2vec-audio/data2vec-audio');
    const { loadData2VecAudio } = await import('../node/pretrained');
    const { config, params } = await loadData2VecAudio(folderOf('data2vec-audio'));
    const mask = fixture.get<tf.Tensor2D>('mask');
    const samples = tf.expandDims(fixture.get<tf.Tensor2D>('input.input_values'), 2) as tf.Tensor3D;
    const features = data2VecFeatures(params.feature_extractor, samples, config);
    const states = data2VecStates(params, features, mask, config, { maskPositionalConvs: false }, evaluating);
    const shares = tf.unstack(tf.softmax(fixture.get<tf.Tensor1D>('layers')));
    const mixed = tf.mul(tf.addN(states.map((state, s) => tf.mul(state, shares[s]!))), tf.expandDims(mask, 2));
    expect(relativeError(mixed, fixture.get('mixed'))).toBeLessThan(1e-4);
  });

  test('averaged, successive frames are one: their mean, of those left at the end too', async () => {
    const [whole, pairs] = [await make('data2vec-audio'), await make('data2vec-audio', undefined, 2)];
    const run = ({ encoder }: typeof whole) => {
      const { hidden, mask } = encoder.encode(encoder.prepare([clip(525)] as never[]), evaluating);
      return { hidden: (hidden.arraySync() as number[][][])[0]!, length: tf.sum(mask).dataSync()[0]! };
    };
    const [every, mean] = [run(whole), run(pairs)];
    expect(every.length % 2).toBe(1);
    expect(mean.length).toBe(Math.ceil(every.length / 2));
    mean.hidden.forEach((vector, t) => {
      const members = every.hidden.slice(2 * t, 2 * t + 2);
      vector.forEach((value, d) => {
        expect(value).toBeCloseTo(members.reduce((sum, row) => sum + row[d]!, 0) / members.length, 2);
      });
    });
  });

  test('half precision changes the sum by less than 1e-3 of its norm', () => {
    const rng = createRng(3);
    const states = Array.from({ length: 3 }, () =>
      tf.tensor3d(Float32Array.from({ length: 40 }, rng.normal), [1, 5, 8]),
    );
    const layers = tf.tensor1d([0.3, -0.2, 0.5]);
    const encoder = createWeightedLayers<number>(
      { layers },
      {
        dModel: 8,
        numLayers: 2,
        identity: '',
        keyOf: () => new Float32Array(),
        average: 1,
        statesOf: () => states.map((s) => tf.clone(s)),
      },
    );
    const shares = tf.unstack(tf.softmax(layers));
    const exact = tf.addN(states.map((state, s) => tf.mul(state, shares[s]!)));
    const error = relativeError(encoder.encode(encoder.prepare([0]), evaluating).hidden, exact);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(1e-3);
  });
});
