import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import {
  createRng,
  disposeParams,
  evaluating,
  leaves,
  type Mode,
  mapLeaves,
  seededValues,
  trainable,
} from '@mmolre/nn';
import { differingGradients, type Fixture, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCheckpoint } from '../checkpoint/checkpoint';
import type { TextInput } from '../encoder';
import { folderPlace } from '../node/folder-place';
import { adamWLosses, differingSketches, fromCheckpoint, seededParams, sketch, sketchDistance } from '../test-weights';
import { type BertParams, bert, bertPooler } from './bert';
import { bertLayout, initBert } from './bert-checkpoint';
import { type BertConfig, readBertConfig } from './bert-config';
import { poolText, unitLength } from './pooling';
import { roberta } from './roberta';

/** In train mode, as the reference; its configurations drop nothing. */
const training: Mode = { training: true, seed: 1 };
const fixtureUrl = (name: string) => new URL(`../__fixtures__/${name}`, import.meta.url);
const folderOf = (name: string) => fileURLToPath(fixtureUrl(`${name}-small`));
const read = (name: string) => readFixture(fixtureUrl(`${name}.safetensors`));
const encoders = { roberta, bert };

/** The settings that a fixture was made with. */
const configOf = (name: string): BertConfig => readBertConfig(read(name).about<{ settings: unknown }>().settings, name);

const inputOf = (fixture: Fixture, name: string): TextInput => ({
  ids: fixture.get(`${name}.ids`),
  mask: fixture.get(`${name}.mask`),
});

const largest = (x: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(x)).dataSync()[0]!);

describe.each(['roberta', 'bert'] as const)('%s against transformers', (kind) => {
  describeEachBackend('small', () => {
    const encode = encoders[kind];
    let fixture: Fixture;
    let config: BertConfig;
    beforeAll(() => {
      fixture = read(kind);
      config = configOf(kind);
    });
    const load = () => readCheckpoint<BertParams>(folderPlace(folderOf(kind)), bertLayout(config));
    const turned = (name: string) =>
      mapLeaves(fixture.tree(name), (leaf, path) => fromCheckpoint(leaf, bertLayout(config).axes(path)));

    describe.each(['plain', 'padded'])('%s batch', (name) => {
      test('hidden states within 1e-4, in evaluation and in training', async () => {
        const params = await load();
        const want = fixture.get(`${name}.output`);
        for (const mode of [evaluating, training]) {
          const { hidden } = encode(params, inputOf(fixture, name), config, mode);
          expect(hidden.shape).toEqual(want.shape);
          expect(largest(tf.sub(hidden, want))).toBeLessThan(1e-5);
        }
      });

      test('every gradient within 1e-3', async () => {
        const trained = trainable(await load());
        const weight = fixture.get(`${name}.weight`);
        const loss = () =>
          tf.sum(tf.mul(encode(trained, inputOf(fixture, name), config, training).hidden, weight)) as tf.Scalar;
        const ours = gradientsOf(loss, trained).gradients;
        expect(differingGradients(ours, turned(`${name}.grads`), 1e-3)).toEqual([]);
        disposeParams(trained);
      });
    });

    test('20 steps of AdamW follow the loss of PyTorch within 1e-3', async () => {
      const trained = trainable(await load());
      const input = inputOf(fixture, 'padded');
      const shape = fixture.get('padded.output').shape as [number, number, number];
      const target = tf.tidy(() =>
        tf.mul(
          tf.tensor3d(seededValues('target.weight', tf.util.sizeFromShape(shape)), shape),
          tf.expandDims(input.mask, 2),
        ),
      );
      const loss = () => {
        const { hidden } = encode(trained, input, config, training);
        return tf.div(tf.sum(tf.square(tf.sub(hidden, target))), tf.sum(input.mask)) as tf.Scalar;
      };
      const wanted = fixture.get('losses').dataSync();
      const losses = adamWLosses(loss, trained, wanted.length, 1e-3, { weightDecay: 0.01 });
      losses.forEach((got, i) => {
        expect(Math.abs(got - wanted[i]!) / wanted[i]!).toBeLessThan(1e-3);
      });
      expect(wanted.at(-1)! / wanted[0]!).toBeLessThan(0.9);
      disposeParams(trained);
    });

    test('leaks no tensor', async () => {
      const params = await load();
      const input = inputOf(fixture, 'padded');
      const before = tf.memory().numTensors;
      encode(params, input, config, { training: true, seed: 3 }).hidden.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  describeEachBackend('of random weights', () => {
    const config = readBertConfig(
      {
        ...{ model_type: kind, vocab_size: 50, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 4 },
        ...{ intermediate_size: 32, max_position_embeddings: 14, pad_token_id: kind === 'bert' ? 0 : 1 },
      },
      'config.json',
    );
    const encode = encoders[kind];
    const inputs = (lengths: number[]): TextInput => {
      const T = Math.max(...lengths);
      const ids = lengths.map((length, b) =>
        Array.from({ length: T }, (_, t) => (t < length ? 2 + ((7 * t + b) % 48) : config.padId)),
      );
      const mask = lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0)));
      return { ids: tf.tensor2d(ids, undefined, 'int32'), mask: tf.tensor2d(mask) };
    };

    test('padding changes nothing, and padded tokens are 0', () => {
      const params = initBert(config, createRng(1));
      const alone = encode(params, inputs([4]), config, evaluating).hidden;
      const both = encode(params, inputs([4, 9]), config, evaluating).hidden;
      expect(relativeError(tf.slice(both, [0, 0, 0], [1, 4, 16]), alone)).toBeLessThan(1e-5);
      expect(largest(tf.slice(both, [0, 4, 0], [1, 5, 16]))).toBe(0);
    });

    test('dropout follows the seed, in training only', () => {
      const params = initBert(config, createRng(1));
      const run = (training: boolean, seed: number, change = {}) =>
        encode(params, inputs([5]), { ...config, ...change }, { training, seed }).hidden.arraySync();
      expect(run(true, 1)).toEqual(run(true, 1));
      expect(run(true, 1)).not.toEqual(run(true, 2));
      expect(run(false, 1)).toEqual(run(false, 2));
      expect(run(true, 1)).not.toEqual(run(true, 1, { attentionDropout: 0 }));
      expect(run(true, 1)).not.toEqual(run(true, 1, { dropout: 0 }));
      expect(run(true, 1, { dropout: 0, attentionDropout: 0 })).toEqual(run(false, 1));
    });

    test('starts as transformers does: normal weights, no biases, nothing at the padding', () => {
      const params = initBert(config, createRng(1));
      const { word_embeddings, position_embeddings, LayerNorm } = params.embeddings;
      expect(new Set([...LayerNorm.weight.dataSync(), ...params.pooler!.dense.bias.dataSync()])).toEqual(
        new Set([1, 0]),
      );
      const rowOf = (table: tf.Tensor2D) => largest(tf.slice(table, [config.padId, 0], [1, 16]));
      expect(rowOf(word_embeddings.weight)).toBe(0);
      expect(rowOf(position_embeddings.weight) === 0).toBe(kind === 'roberta');
      const { mean, variance } = tf.moments(params.encoder.layer[1]!.intermediate.dense.weight);
      expect(Math.abs(mean.dataSync()[0]!)).toBeLessThan(0.004); // 512 numbers: 4.5 deviations of their mean
      expect(Math.sqrt(variance.dataSync()[0]!)).toBeCloseTo(0.02, 2);
    });

    test('a text longer than the positions is refused', () => {
      const params = initBert(config, createRng(1));
      const limit = kind === 'roberta' ? 12 : 14;
      expect(encode(params, inputs([limit]), config, evaluating).hidden.shape).toEqual([1, limit, 16]);
      expect(() => encode(params, inputs([limit + 1]), config, evaluating)).toThrow(
        `${kind}: expected at most ${limit} tokens a text, got ${limit + 1}; lower maxTokens`,
      );
    });
  });
});

describeEachBackend('pooling', () => {
  test('the pooler of BERT, as supervised SimCSE reads a text: within 1e-5 of transformers, gradients within 1e-3', async () => {
    const [fixture, config] = [read('bert'), configOf('bert')];
    const layout = bertLayout(config);
    for (const name of ['plain', 'padded']) {
      const trained = trainable(await readCheckpoint<BertParams>(folderPlace(folderOf('bert')), layout));
      const pooled = () => poolText(trained, bert(trained, inputOf(fixture, name), config, training), 'pooler');
      expect(largest(tf.sub(pooled(), fixture.get(`${name}.pooled`)))).toBeLessThan(1e-5);
      const weight = fixture.get<tf.Tensor3D>(`${name}.weight`);
      const first = tf.squeeze(tf.slice(weight, [0, 0, 0], [-1, 1, -1]), [1]);
      const ours = gradientsOf(() => tf.sum(tf.mul(pooled(), first)), trained).gradients;
      const theirs = mapLeaves(fixture.tree(`${name}.pooledGrads`), (leaf, path) =>
        fromCheckpoint(leaf, layout.axes(path)),
      );
      expect(differingGradients(ours, theirs, 1e-3)).toEqual([]);
      disposeParams(trained);
    }
  });

  test('first token, mean of the real ones, unit length', () => {
    const hidden = tf.tensor3d([[[3, 4], [1, 0], [0, 0]], [[0, 0], [0, 2], [6, 1]]]); // biome-ignore format: a table
    const mask = tf.tensor2d([[1, 1, 0], [1, 1, 1]]); // biome-ignore format: a table
    const params = {} as BertParams;
    expect(poolText(params, { hidden, mask }, 'first').arraySync()).toEqual([[3, 4], [0, 0]]); // biome-ignore format: a table
    expect(poolText(params, { hidden, mask }, 'mean').arraySync()).toEqual([[2, 2], [2, 1]]); // biome-ignore format: a table
    const unit = unitLength(poolText(params, { hidden, mask }, 'first'));
    expect([...unit.dataSync()].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0.6, 0.8, 0, 0]);
  });

  test('a checkpoint without pooler says so', () => {
    expect(() => bertPooler({} as BertParams, tf.zeros([1, 1, 2]))).toThrow(
      "pooling: expected a checkpoint with pooler.dense, this one has none; use 'first' or 'mean'",
    );
  });
});

describeEachBackend('RoBERTa at width 768', () => {
  test.each(['plain', 'padded'])('%s batch: hidden states within 1e-4, every gradient within 1e-3', (name) => {
    const [fixture, config] = [read('roberta-wide'), configOf('roberta-wide')];
    const layout = bertLayout(config);
    const { pooler, ...params } = seededParams<BertParams>(layout);
    if (pooler) disposeParams(pooler);
    const trained = trainable(params);
    const input = inputOf(fixture, name);
    const run = () => roberta(trained, input, config, training).hidden;
    const hidden = run();
    const want = [...fixture.get(`${name}.output`).dataSync()];
    expect(sketchDistance(sketch('output', hidden), want) / want[0]!).toBeLessThan(1e-4);
    const weight = tf.mul(
      tf.tensor3d(seededValues(`${name}.weight`, hidden.size), hidden.shape),
      tf.expandDims(input.mask, 2),
    );
    const ours = gradientsOf(() => tf.sum(tf.mul(run(), weight)), trained).gradients;
    expect([...ours.keys()]).toEqual([...leaves(trained).keys()]);
    expect(differingSketches(ours, fixture.tree(`${name}.grads`), layout.axes, 1e-3)).toEqual([]);
    disposeParams(trained);
    tf.dispose([...ours.values()]);
  });
});
