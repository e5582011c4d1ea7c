import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { compactModel, createModel } from '@mmolre/model';
import { disposeParams, variables } from '@mmolre/nn';
import { beforeAll, expect, test } from 'vitest';
import { adamWOptions } from './adamw-options';
import { paperMosi } from './presets';

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const { training } = paperMosi();

test('without fields of its own, every parameter is trained alike', () => {
  expect(adamWOptions(training)).toEqual({});
});

test('the encoders have their learning rate, but not the linear layer behind them', () => {
  const { rateOf, decays } = adamWOptions({ ...training, learningRate: 1e-3, encoderLearningRate: 1e-5 });
  expect(decays).toBeUndefined();
  const slow = [
    'text.encoder.layer.0.attention.self.query.weight',
    'audio.feature_projection.projection.weight',
    'text.table',
  ];
  const fast = [
    'text.projection.weight',
    'audio.projection.bias',
    'unitse.text.0.shared.down',
    'auxiliary.text.pooler.weight',
  ];
  for (const path of slow) expect(rateOf!(path), path).toBeCloseTo(0.01, 12);
  for (const path of fast) expect(rateOf!(path), path).toBe(1);
});

test('each encoder can have its own', () => {
  const { rateOf } = adamWOptions({
    ...training,
    learningRate: 2e-3,
    encoderLearningRate: { text: 1e-3, audio: null },
  });
  expect(rateOf!('text.layer.0.output.dense.weight')).toBe(0.5);
  for (const path of ['text.projection.weight', 'audio.convs.0.weight', 'fusion.sentiment.cls.text'])
    expect(rateOf!(path), path).toBe(1);
});

test('biases and norms can be left as they are by the decay, also where they are rows of a matrix', async () => {
  const config = { ...compactModel(), taskWeighting: 'uncertainty' as const };
  const model = await createModel(config, 1, { find: findPlace });
  const { rateOf, decays } = adamWOptions({ ...training, decayAll: false });
  expect(rateOf).toBeUndefined();
  const all = [...variables(model.params)];
  const without = all.flatMap(([path, variable]) => (decays!(path, variable) ? [] : [path]));
  const isBiasOrNorm = (path: string) => /(bias|norm\.weight)$/i.test(path);
  expect(without.filter((path) => !isBiasOrNorm(path))).toEqual([
    'fusion.sentiment.cls.text',
    'fusion.sentiment.cls.audio',
    'fusion.emotion.cls.text',
    'fusion.emotion.cls.audio',
    'logVariances',
  ]);
  expect(all.map(([path]) => path).filter(isBiasOrNorm)).toEqual(without.filter(isBiasOrNorm));
  expect(without).toContain('unitse.text.0.shared.upBias');
  disposeParams(model.params);
});
