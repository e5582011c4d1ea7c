import { useBackend } from '@mmolre/backend';
import { EMOTIONS, emotionVector } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { createModel, type Example, type Model, predict } from '@mmolre/model';
import { createRng, disposeParams } from '@mmolre/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Passes, predictPasses } from './part-passes';
import { partFacts } from './part-scores';
import { compact } from './presets';
import type { RunConfig } from './run-config';
import { train } from './train';

const { model, training, ...rest } = compact();
const config: RunConfig = {
  ...rest,
  model: {
    ...model,
    auxiliaryWeight: 0,
    text: { kind: 'compact', numLayers: 1, numHeads: 2, width: 32, dropout: 0, maxTokens: 8, trainTable: true },
    unitse: { ...model.unitse, numBlocks: 1, ranks: [2, 4, 8], taskRank: 4, topK: 2 },
    fusion: { ...model.fusion, numLayers: 1, numHeads: 2, width: 32, dropout: 0 },
    heads: { hidden: 16, dropout: 0 },
  },
  training: {
    ...training,
    ...{ schedule: 'constant', warmupSteps: 0, learningRate: 5e-3, batchSize: 16, maxEpochs: 4 },
    ...{ averageDecay: 0, modalityDropout: 0.15, thresholds: 'fixed' },
  },
};
const tone = (hz: number) =>
  Float32Array.from({ length: 2_000 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * hz * i) / 16_000));

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

describe('an untrained model', () => {
  let fresh: Model;
  beforeAll(async () => {
    fresh = await createModel(config.model, 1, { find: findPlace });
  });
  afterAll(() => disposeParams(fresh.params));

  const examples: Example[] = [
    { id: 'a', text: 'good', audio: tone(400) },
    { id: 'b', text: 'bad' },
    { id: 'c', text: ' ', audio: tone(900) },
    { id: 'd', text: 'no', audio: tone(1300) },
  ];

  test('is asked once of all, and once without each modality of those that have both', () => {
    const told: [number, number, string][] = [];
    const passes = predictPasses(fresh, examples, { ablate: 'none', onProgress: (...told_) => told.push(told_) });
    expect(passes.both).toEqual([0, 3]);
    expect(passes.whole).toEqual(predict(fresh, examples).predictions);
    for (const modality of ['text', 'audio'] as const) {
      const paired = [examples[0]!, examples[3]!];
      expect(passes.without[modality]).toEqual(predict(fresh, paired, { ablate: modality }).predictions);
      expect(passes.without[modality][0]!.sentiment).not.toBe(passes.whole[0]!.sentiment);
    }
    expect(told).toEqual([
      [4, 8, 'as they are'],
      [6, 8, 'without text'],
      [8, 8, 'without audio'],
    ]);
  });

  test('that was trained without a modality, or has no such data, is asked once', () => {
    const count = (ablate: 'none' | 'text', of: Example[]) => {
      let asked = 0;
      const passes = predictPasses(fresh, of, { ablate, onProgress: (_, total) => (asked = total) });
      expect(passes).toMatchObject({ both: [], without: { text: [], audio: [] } });
      return [asked, passes];
    };
    const [asked, { whole }] = count('text', examples) as [number, Passes];
    expect([asked, whole]).toEqual([4, predict(fresh, examples, { ablate: 'text' }).predictions]);
    expect(count('none', examples.slice(1, 3))[0]).toBe(2);
  });
});

test('a model that has learnt to ignore the voice shows as such', async () => {
  const rng = createRng(5);
  const makeSet = (count: number): Example[] =>
    Array.from({ length: count }, (_, i) => ({
      id: `${i}`,
      text: ['yes', 'no'][i % 2]!,
      audio: tone(rng.uniform() < 0.5 ? 400 : 2_500), // says nothing
      sentiment: i % 2 === 0 ? 2 : -2,
      emotions: i % 2 === 0 ? emotionVector('happiness') : emotionVector(),
    }));
  const valid = makeSet(64);
  const trained = await createModel(config.model, 1, { find: findPlace });
  const idle = { onEvent: () => {}, onCheckpoint: async () => {}, signal: new AbortController().signal };
  await train(trained, config, { ...idle, train: makeSet(128), valid });
  const passes = predictPasses(trained, valid, { ablate: 'none', onProgress: () => {} });
  disposeParams(trained.params);
  const facts = partFacts({
    ...{ examples: valid, passes, tasks: config.model.tasks },
    thresholds: EMOTIONS.map(() => 0.5),
  });
  const part = (name: string) => facts.find((one) => one.name === name)!;
  expect(part('all samples').sentiment!.corr).toBeGreaterThan(0.95);
  expect(part('without audio').sentiment!.corr).toBeGreaterThan(0.95);
  expect(Math.abs(part('without text').sentiment!.corr ?? 0)).toBeLessThan(0.4);
  expect(part('without audio').emotion!.recall).toBe(1);
  expect(part('without text').emotion!.recall).toBeLessThanOrEqual(0.65);
  expect(part('without audio').change!.category).toBe(0);
  expect(part('without audio').change!.sentiment).toBeLessThan(part('without text').change!.sentiment! / 3);
});
