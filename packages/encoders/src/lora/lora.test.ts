import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import {
  createRng,
  disposeParams,
  evaluating,
  freeze,
  leaves,
  type Mode,
  mapLeaves,
  type Params,
  trainable,
  variables,
} from '@mmolre/nn';
import { differingGradients, gradientsOf, readFixture, relativeError, shapesOfProducts } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BertParams, bert } from '../bert/bert';
import { bertLayout } from '../bert/bert-checkpoint';
import { type BertConfig, readBertConfig } from '../bert/bert-config';
import { roberta } from '../bert/roberta';
import { readCheckpoint } from '../checkpoint/checkpoint';
import { data2VecAudio, data2VecFeatures } from '../data2vec-audio/data2vec-audio';
import { data2VecAudioLayout } from '../data2vec-audio/data2vec-audio-checkpoint';
import { type Data2VecAudioConfig, readData2VecAudioConfig } from '../data2vec-audio/data2vec-audio-config';
import type { Data2VecAudioParams } from '../data2vec-audio/data2vec-audio-params';
import { saveAdapters } from '../node/adapters';
import { folderPlace } from '../node/folder-place';
import { loadData2VecAudio, loadText, saveData2VecAudio, saveText } from '../node/pretrained';
import { readJsonAt } from '../place';
import { fromCheckpoint } from '../test-weights';
import { initLora, type LoraConfig, loraLayout, loraOptions, mergeLora, withLora } from './lora';
import { readAdapters } from './peft';

type Kind = 'roberta' | 'bert' | 'data2vec-audio';
const KINDS: Kind[] = ['roberta', 'bert', 'data2vec-audio'];
const folderOf = (name: string) => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));
const fixtureOf = (kind: Kind) => readFixture(new URL(`../__fixtures__/${kind}-lora.safetensors`, import.meta.url));

/** As the reference runs, in train mode without anything that draws. */
const training: Mode = { training: true, seed: 1 };
const QUIET = {
  hidden_dropout: 0,
  activation_dropout: 0,
  attention_dropout: 0,
  feat_proj_dropout: 0,
  layerdrop: 0,
  apply_spec_augment: false,
};

/** A small model of a kind, and the fixture's batch through it. */
async function open(kind: Kind) {
  const place = folderPlace(folderOf(`${kind}-small`));
  const json = await readJsonAt(place, 'config.json');
  const fixture = fixtureOf(kind);
  const isAudio = kind === 'data2vec-audio';
  const size = isAudio ? readData2VecAudioConfig({ ...json, ...QUIET }) : readBertConfig(json, kind);
  const layout = isAudio ? data2VecAudioLayout(size as Data2VecAudioConfig) : bertLayout(size as BertConfig);
  const mask = fixture.get<tf.Tensor2D>('mask');
  function run(params: Params, lora?: LoraConfig, mode = training): tf.Tensor3D {
    const config = { ...size, ...(lora && { lora: loraOptions(lora) }) };
    if (!isAudio) {
      const input = { ids: fixture.get<tf.Tensor2D>('input.input_ids'), mask };
      return (kind === 'bert' ? bert : roberta)(params as BertParams, input, config as BertConfig, mode).hidden;
    }
    const samples = tf.expandDims(fixture.get<tf.Tensor2D>('input.input_values'), 2) as tf.Tensor3D;
    const tree = params as Data2VecAudioParams;
    const features = data2VecFeatures(tree.feature_extractor, samples, config as Data2VecAudioConfig);
    const options = { maskPositionalConvs: false };
    return data2VecAudio(tree, features, mask, config as Data2VecAudioConfig, options, mode);
  }
  const base = freeze(trainable(await readCheckpoint<Record<string, Params>>(place, layout)));
  const theirs = await readAdapters(folderPlace(folderOf(`${kind}-lora`)), layout);
  return { base, layout, fixture, run, ...theirs };
}

const largest = (x: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(x)).dataSync()[0]!);

describe.each(KINDS)('LoRA on %s against peft', (kind) => {
  describeEachBackend('', () => {
    let folder: string;
    beforeAll(async () => {
      folder = process.env.MMOLRE_KEEP_ADAPTERS ?? (await mkdtemp(join(tmpdir(), 'mmolre-lora-')));
    });
    afterAll(async () => {
      if (!process.env.MMOLRE_KEEP_ADAPTERS) await rm(folder, { recursive: true, force: true });
    });

    test("peft's adapters: output within 1e-5, every gradient within 1e-4, and none of a frozen weight", async () => {
      const { base, layout, fixture, run, config, params } = await open(kind);
      const trained = trainable(params);
      const tree = withLora(base, trained);
      expect(largest(tf.sub(run(tree, config), fixture.get('output')))).toBeLessThan(1e-5);
      const weight = fixture.get('weight');
      const { gradients } = gradientsOf(() => tf.sum(tf.mul(run(tree, config), weight)) as tf.Scalar, tree);
      const axes = loraLayout(layout, config).axes;
      const wanted = mapLeaves(fixture.tree('grads'), (leaf, path) => fromCheckpoint(leaf, axes(path)));
      expect(differingGradients(gradients, wanted, 1e-4)).toEqual([]);
      expect([...variables(tree).keys()]).toEqual([...leaves(trained).keys()]);
      disposeParams(tree);
    });

    test('no matrix product is spent on the gradient of a frozen weight', async () => {
      const { base, fixture, run, config, params } = await open(kind);
      const tree = withLora(base, trainable(params));
      const weight = fixture.get('weight');
      const loss = () => tf.sum(tf.mul(run(tree, config), weight)) as tf.Scalar;
      const shapes = new Set(
        [...leaves(base).values()].filter(({ rank }) => rank === 2).map(({ shape }) => `${shape}`),
      );
      const gradients = () => tf.variableGrads(loss, [...variables(tree).values()]).grads;
      const products = await shapesOfProducts(gradients);
      expect(products.length).toBeGreaterThan(0);
      expect(products.filter((shape) => shapes.has(shape))).toEqual([]);
      disposeParams(tree);
    });

    test('merged, the weights give the same; fresh adapters change nothing', async () => {
      const { base, layout, fixture, run, config, params } = await open(kind);
      const merged = mergeLora(base, params, config);
      expect(largest(tf.sub(run(merged), fixture.get('output')))).toBeLessThan(1e-5);
      const fresh = withLora(base, initLora(layout, config, createRng(1)));
      expect(largest(tf.sub(run(fresh, config, evaluating), run(base, undefined, evaluating)))).toBe(0);
    });

    test('what we write is read again, its names and numbers as peft wrote them', async () => {
      const { layout, config, params, base } = await open(kind);
      const [ours, merged] = [join(folder, kind, 'adapters'), join(folder, kind, 'merged')];
      await saveAdapters(ours, params, layout, config, 'hf:owner/name@main');
      const [mine, peft] = [ours, folderOf(`${kind}-lora`)].map((at) =>
        readFile(join(at, 'adapter_model.safetensors')),
      );
      expect((await mine!).subarray(0).equals(await peft!)).toBe(true);
      expect(JSON.parse(await readFile(join(ours, 'adapter_config.json'), 'utf8')).base_model_name_or_path).toBe(
        'owner/name',
      );
      expect((await readAdapters(folderPlace(ours), layout)).config).toEqual(config);
      const tree = mergeLora(base, params, config);
      if (kind === 'data2vec-audio')
        await saveData2VecAudio(merged, {
          ...(await loadData2VecAudio(folderOf(`${kind}-small`))),
          params: tree as unknown as Data2VecAudioParams,
        });
      else
        await saveText(merged, {
          ...(await loadText(folderOf(`${kind}-small`))),
          params: tree as unknown as BertParams,
        });
    });

    test('dropout on what A reads: its gradient is that of finite differences, and evaluation draws nothing', async () => {
      const { base, fixture, run, config, params } = await open(kind);
      const lora = { ...config, dropout: 0.4 };
      const trained = trainable(params);
      const tree = withLora(base, trained);
      const weight = fixture.get('weight');
      const loss = () => tf.sum(tf.mul(run(tree, lora), weight)) as tf.Scalar;
      const { gradients } = gradientsOf(loss, tree);
      const without = tf.sum(tf.mul(run(tree, config), weight)).dataSync()[0]!;
      expect(Math.abs(loss().dataSync()[0]! - without)).toBeGreaterThan(1e-3);
      expect(largest(tf.sub(run(tree, lora, evaluating), run(tree, config, evaluating)))).toBe(0);
      // Along the gradient, the loss rises by its squared norm.
      const step = 1e-3 / Math.hypot(...[...gradients.values()].map((g) => tf.norm(g).dataSync()[0]!));
      const at = (sign: number) => {
        for (const [path, variable] of variables(tree))
          variable.assign(tf.add(variable, tf.mul(gradients.get(path)!, sign * step)));
        return loss().dataSync()[0]!;
      };
      const [above, below] = [at(1), at(-2)];
      const squares = [...gradients.values()].reduce((sum, g) => sum + tf.sum(tf.square(g)).dataSync()[0]!, 0);
      expect((above - below) / (2 * step * squares)).toBeCloseTo(1, 2);
      disposeParams(tree);
    });
  });
});

describe('adapters that are not ours to read', () => {
  let folder: string;
  const layout = bertLayout(
    readBertConfig({ model_type: 'bert', hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 1 }, 'config.json'),
  );
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmolre-lora-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('what goes beyond plain LoRA is listed', async () => {
    const json = { peft_type: 'LORA', r: 0, target_modules: 'all-linear', use_dora: true, rank_pattern: { query: 4 } };
    await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(json));
    await expect(readAdapters(folderPlace(folder), layout)).rejects.toThrow(
      `${folder}/adapter_config.json: r: expected a whole number of 1 .. 65536, found 0; target_modules: expected a list of names, found ` +
        '"all-linear"; use_dora: expected false: the rest is not built, found true; rank_pattern: expected nothing: one rank and alpha for ' +
        'all, found an object',
    );
  });

  test('an unknown target, and a folder without weights', async () => {
    const write = (target: string) =>
      writeFile(
        join(folder, 'adapter_config.json'),
        JSON.stringify({ peft_type: 'LORA', r: 2, target_modules: [target] }),
      );
    await write('q_proj');
    await expect(readAdapters(folderPlace(folder), layout)).rejects.toThrow(
      `lora.targets: expected some of the layers' query, key, value, dense, found "q_proj"`,
    );
    await write('query');
    await expect(readAdapters(folderPlace(folder), layout)).rejects.toThrow(
      `${folder}/adapter_model.safetensors: not found; expected the adapters' weights`,
    );
  });
});

describeEachBackend('fresh adapters', () => {
  test('are drawn as peft draws them: A uniform within sqrt(1 / dIn), B zero', () => {
    const layout = bertLayout(readBertConfig({ model_type: 'bert', num_hidden_layers: 1 }, 'config.json'));
    const config = { rank: 8, alpha: 16, targets: ['query'], dropout: 0 };
    const tree = leaves(initLora(layout, config, createRng(1)));
    expect([...tree.keys()]).toEqual(
      ['A', 'B'].map((side) => `encoder.layer.0.attention.self.query.lora_${side}.weight`),
    );
    const [a, b] = [...tree.values()];
    expect([a!.shape, b!.shape]).toEqual([[768, 8], [8, 768]]); // biome-ignore format: a table
    const bound = Math.sqrt(1 / 768);
    expect(largest(a!)).toBeLessThanOrEqual(bound);
    const deviation = relativeError(tf.sqrt(tf.mean(tf.square(a!))), tf.scalar(bound / Math.sqrt(3)));
    expect(deviation).toBeLessThan(0.03);
    expect(largest(b!)).toBe(0);
  });
});
