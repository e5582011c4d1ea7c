import { useBackend } from '@mmolre/backend';
import type { Example, ModelConfig, VariantName } from '@mmolre/model';
import { createRng } from '@mmolre/nn';
import { beforeAll, expect, test } from 'vitest';
import { trainFresh } from './__fixtures__/train-fresh';
import { compact, variants } from './presets';
import type { RunConfig } from './run-config';
import type { TrainCheckpoint } from './train';

// Each way to weigh the losses, and each task alone, learns a set of a few texts and tones.

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const rng = createRng(3);
const examples: Example[] = Array.from({ length: 16 }, (_, i) => ({
  id: `${i}`,
  text: i % 4 === 0 ? 'so good' : 'so bad',
  audio: Float32Array.from({ length: 4000 }, (_, t) => Math.sin(t / (i % 4 === 0 ? 3 : 12)) + 0.01 * rng.uniform()),
  sentiment: i % 4 === 0 ? 2 : -1,
  emotions: i % 4 === 0 ? [1, 0, 0, 0, 0, 0] : [0, 0, 1, 0, 0, 1],
}));

async function trained(change: Partial<ModelConfig>, variant: VariantName = 'mmolre') {
  const { training, model, ...rest } = variants[variant](compact());
  const run: RunConfig = {
    ...rest,
    model: {
      ...model,
      text: { kind: 'compact', numLayers: 1, numHeads: 2, width: 16, dropout: 0, maxTokens: 8, trainTable: false },
      fusion: { ...model.fusion, numLayers: 1, dropout: 0 },
      heads: { hidden: 16, dropout: 0 },
      ...change,
    },
    training: {
      ...training,
      learningRate: 3e-3,
      schedule: 'constant',
      warmupSteps: 0,
      batchSize: 8,
      maxEpochs: 5,
      averageDecay: 0,
      modalityDropout: 0,
    },
  };
  const losses: number[] = [];
  let best: TrainCheckpoint | undefined;
  let logVariances: number[] | undefined;
  let emotion: object | undefined;
  await trainFresh(run, {
    train: examples,
    valid: examples,
    onEvent: (event) => {
      if (event.event === 'step') losses.push(event.loss);
      else if (event.event === 'epoch') emotion = event.valid.emotion;
    },
    onCheckpoint: async (checkpoint) => {
      if (!checkpoint.isBest) return;
      best = checkpoint;
      const { logVariances: found } = checkpoint.model.params;
      logVariances = found && [...found.dataSync()];
    },
  });
  expect(losses.every(Number.isFinite), `${losses}`).toBe(true);
  expect(losses.at(-1)!, `${losses}`).toBeLessThan(0.8 * losses[0]!);
  return { best: best!, logVariances, emotion };
}

test('balanced class weights, which the saved configuration has as numbers', async () => {
  const { best } = await trained({ emotionClassWeights: 'balanced' });
  expect(best.config.model.emotionClassWeights).toEqual([3, 1, 1 / 3, 1, 1, 1 / 3]);
});

test.each<[string, Partial<ModelConfig>]>([
  ['focal', { emotionFocal: 2 }],
  ['softmax-ce', { emotionLoss: 'softmax-ce' }],
])('%s', async (_, change) => {
  await trained(change);
});

test('uncertainty weighting, whose variances move, one a task', async () => {
  const { logVariances } = await trained({ taskWeighting: 'uncertainty' });
  expect(logVariances).toHaveLength(2);
  for (const s of logVariances!) expect(Math.abs(s)).toBeGreaterThan(1e-3);
});

test('sentiment alone has no thresholds and no emotion metrics', async () => {
  const { best, emotion } = await trained({}, 'msa-only');
  expect([best.thresholds, emotion]).toEqual([undefined, undefined]);
  expect(Object.keys(best.model.params.heads)).toEqual(['sentiment']);
  expect(Object.keys(best.model.params.auxiliary!.audio)).toEqual(['sentiment']);
});

test('emotion alone', async () => {
  const { best } = await trained({}, 'mer-only');
  expect(best.thresholds).toHaveLength(6);
  expect(Object.keys(best.model.params.fusion)).toEqual(['emotion']);
});
