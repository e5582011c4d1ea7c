import { fileURLToPath } from 'node:url';
import type { Encoder } from '@mmolre/encoders';
import { findPlace, readSize } from '@mmolre/encoders/node';
import { countParams, createRng, disposeParams, evaluating, leaves, type Params } from '@mmolre/nn';
import { countedMultiplyAdds } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeBatch } from './batch';
import type { VariantName } from './command-line';
import type { ModelConfig } from './config';
import { inputLengths, longestInput, modelCost } from './cost';
import { withAudioEncoder, withTextEncoder } from './encoder-choice';
import { initMmolre, type MmolreInput, mmolre } from './mmolre';
import { createModel } from './model';
import { compactModel, paperModel } from './presets';
import { modelVariants } from './variants';

beforeAll(async () => {
  await tf.setBackend('cpu'); // what is counted are the calls, not their speed
});

const few = fc.integer({ min: 1, max: 3 });
const configs = fc
  .record({
    dModel: fc.constantFrom(4, 8),
    ranks: fc.array(few, { minLength: 1, maxLength: 4 }),
    unitse: fc.record({ taskRank: few, numBlocks: few, norm: fc.boolean(), upKernel: fc.constantFrom(1, 3) }),
    fusion: fc.record({ numLayers: few, width: fc.constantFrom(6, 16), shareDirections: fc.boolean() }),
    hidden: fc.constantFrom(5, 8),
    auxiliaryWeight: fc.constantFrom(0, 1),
    taskWeighting: fc.constantFrom('equal', 'uncertainty'),
    variant: fc.constantFrom(...(Object.keys(modelVariants) as VariantName[])),
  })
  .map(({ ranks, hidden, variant, unitse, fusion, ...fields }): ModelConfig => {
    const model = compactModel();
    return modelVariants[variant]({
      ...model,
      ...fields,
      unitse: { ...model.unitse, ...unitse, ranks, topK: ranks.length },
      fusion: { ...model.fusion, ...fusion, numHeads: 2 },
      heads: { ...model.heads, hidden },
    });
  });

const ofEncoder = ({ name }: { name: string }) => /^(text|audio)\./.test(name);

/** The number of elements below each component's path; every leaf belongs to one. */
function sizesOf(params: Params, components: readonly { name: string }[]): Record<string, number> {
  const sizes = Object.fromEntries(components.map(({ name }) => [name, 0]));
  for (const [path, leaf] of leaves(params)) {
    const component = components.find(({ name }) => path === name || path.startsWith(`${name}.`));
    expect(component, path).toBeDefined();
    sizes[component!.name]! += leaf.size;
  }
  return sizes;
}

/** Products that modelCost does not count: gates into hidden units, and gates · biases, for all that read the shared experts. */
function scaling({ unitse, dModel, tasks }: ModelConfig): number {
  const { ranks, numBlocks, mixture } = unitse;
  const readers = tasks.length * numBlocks + (mixture === 'ple' ? Math.max(0, numBlocks - 1) : 0);
  return 2 * readers * ranks.length * (ranks.reduce((sum, rank) => sum + rank, 0) + dModel);
}

/** The form that computes every expert once. */
const fused = (config: ModelConfig) => ({ ...config, unitse: { ...config.unitse, form: 'fused' as const } });

/** An encoder that gives so many vectors and computes nothing. */
const still = (length: number, dModel: number) =>
  ({
    params: {},
    encode: () => ({ hidden: tf.ones([1, length, dModel]), mask: tf.ones([1, length]) }),
  }) as unknown as Encoder<string> & Encoder<Float32Array>;

describe('modelCost', () => {
  test('parameters are the number of elements of the tree, component by component, in every variant', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const params = initMmolre(config, { text: {}, audio: {} }, createRng(1));
        const components = modelCost(config, longestInput(config)).components.filter((part) => !ofEncoder(part));
        const counts = Object.fromEntries(components.map(({ name, parameters }) => [name, parameters]));
        expect(counts).toEqual(sizesOf(params, components));
        disposeParams(params);
      }),
      { numRuns: 60 },
    );
  });

  test('multiply-adds are those of the matrix products that are computed, in every variant', async () => {
    await fc.assert(
      fc.asyncProperty(configs, async (config) => {
        const input = { tokens: 3, seconds: 0.3 };
        const lengths = inputLengths(config, input);
        const params = initMmolre(config, { text: {}, audio: {} }, createRng(1));
        const encoders = { text: still(lengths.text, config.dModel), audio: still(lengths.audio, config.dModel) };
        const present = { text: tf.ones<tf.Rank.R1>([1]), audio: tf.ones<tf.Rank.R1>([1]) };
        const run = () => mmolre(params, encoders, { present } as MmolreInput, fused(config), evaluating);
        const parts = modelCost(config, input, 'all').components.filter((part) => !ofEncoder(part));
        const expected = parts.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
        expect(Math.round((await countedMultiplyAdds(run)) - scaling(config))).toBe(expected);
        disposeParams(params);
      }),
      { numRuns: 30 },
    );
  });

  test('both hold for the whole default model', async () => {
    const config = fused(compactModel());
    const all = { ...config, unitse: { ...config.unitse, topK: config.unitse.ranks.length } };
    const model = await createModel(all, 1, { find: findPlace });
    const cost = modelCost(all, { tokens: 4, seconds: 0.5 });
    expect(cost.parameters).toBe(countParams(model.params));
    expect(Object.fromEntries(cost.components.map(({ name, parameters }) => [name, parameters]))).toEqual(
      sizesOf(model.params, cost.components),
    );
    const { input } = makeBatch(model.encoders, [{ id: 'a', text: 'so good', audio: new Float32Array(8000) }]);
    const run = () => mmolre(model.params, model.encoders, input, all, evaluating);
    expect(Math.round((await countedMultiplyAdds(run)) - scaling(all))).toBe(cost.multiplyAdds);
    disposeParams(model.params);
  });

  test('the paper on MOSEI: 97 tokens are cut to 96, seven seconds to six, which are 299 frames', () => {
    const model = paperModel(128, 8);
    expect(inputLengths(model, { tokens: 97, seconds: 7 })).toEqual({ text: 96, audio: 299 });
    const { components } = modelCost(model, longestInput(model));
    const sum = (part: string) =>
      components.filter(({ name }) => name.startsWith(part)).reduce((total, { parameters }) => total + parameters, 0);
    expect(sum('text.')).toBe(124_055_040);
    expect(sum('audio.')).toBe(93_164_288);
    expect(sum('unitse.')).toBe(4 * 7_075_102);
  });

  test('parameters hold for encoders of any size from folders, with the layers behind them', async () => {
    const place = (name: string) => fileURLToPath(new URL(`../../encoders/src/__fixtures__/${name}`, import.meta.url));
    const base = withTextEncoder(compactModel(), 'roberta', place('roberta-small'));
    const both = withAudioEncoder(base, 'data2vec-audio', place('data2vec-audio-small'));
    const config = { ...both, text: { ...both.text, maxTokens: 20 } } as ModelConfig;
    const model = await createModel(config, 1, { find: findPlace });
    const sizes = { text: await readSize(config.text), audio: await readSize(config.audio) };
    const cost = modelCost(config, { tokens: 4, seconds: 0.5 }, 'selected', sizes);
    expect(Object.fromEntries(cost.components.map(({ name, parameters }) => [name, parameters]))).toEqual(
      sizesOf(model.params, cost.components),
    );
    expect(cost.components.find(({ name }) => name === 'text.projection')).toEqual({
      name: 'text.projection',
      parameters: 13 * 96,
      multiplyAdds: 4 * 12 * 96,
    });
    disposeParams(model.params);
  });

  test('MiniLM counts though it is frozen; sizes that no folder tells are those of the name', () => {
    const parts = (model: ModelConfig) =>
      Object.fromEntries(
        modelCost(model, longestInput(model)).components.map(({ name, parameters }) => [name, parameters]),
      );
    const {
      'text.embeddings': table,
      'text.encoder': layers,
      'text.projection': layer,
    } = parts(withTextEncoder(compactModel(), 'minilm'));
    expect([table! + layers!, layer]).toEqual([22_565_376, 385 * 96]);
    const large = parts(withTextEncoder(compactModel(), 'bert', 'hf:google-bert/bert-large-uncased'));
    expect(large['text.projection']).toBe(1025 * 96);
    const base = parts(withTextEncoder(compactModel(), 'bert'));
    expect(base['text.embeddings']).toBe((30_522 + 512 + 2) * 768 + 2 * 768);
  });

  test('what cannot be counted is named', () => {
    const model = paperModel(128, 8);
    expect(() => modelCost({ ...model, dModel: 100 }, longestInput(model))).toThrow(
      'model.dModel: expected the width of a known encoder, 768 (base) or 1024 (large), found 100',
    );
    expect(() => modelCost(model, { tokens: 5, seconds: 0.01 })).toThrow(
      'expected at least a token and a frame, found 5 tokens and 0.01 seconds',
    );
  });
});
