import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { createModel, type Example, predict } from '@mmolre/model';
import { createRng, disposeParams, variables } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { usageOf } from '../experts';
import { compact } from '../presets';
import { gatesOf, histogramOf } from './gates';

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const rng = createRng(1);
const examples: Example[] = Array.from({ length: 130 }, (_, i) => ({
  id: `${i}`,
  text: 'what a long and winding road'.slice(0, 4 + (i % 20)),
  ...(i < 4 && { audio: Float32Array.from({ length: 4000 }, () => rng.uniform() - 0.5) }),
}));

test('of each block, task and modality it has the gates of the selected experts; nothing changes, no tensor is left', async () => {
  const { model: config } = compact();
  const model = await createModel(config, 1, { find: findPlace });
  const few = examples.slice(0, 4);
  const before = { tensors: tf.memory().numTensors, scores: predict(model, few) };
  const sums = () => [...variables(model.params).values()].map((leaf) => tf.tidy(() => tf.sum(leaf).dataSync()[0]));
  const weights = sums();
  const { samples, gates } = gatesOf(model, few);
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(predict(model, few)).toEqual(before.scores);
  expect(sums()).toEqual(weights);

  expect(samples).toBe(4);
  const usage = usageOf(model, few, 'none');
  for (const modality of ['text', 'audio'] as const) {
    expect(gates[modality]).toHaveLength(config.unitse.numBlocks);
    gates[modality].forEach((block, i) => {
      expect(Object.keys(block)).toEqual(['sentiment', 'emotion']);
      for (const task of ['sentiment', 'emotion'] as const) {
        const { selected } = block[task];
        const histogram = block[task].histogram!;
        const { selected: expected, gateSum } = usage[modality][i]![task]!;
        expect(selected).toEqual(expected);
        expect(histogram.counts.reduce((sum, count) => sum + count)).toBe(4 * config.unitse.topK);
        expect(histogram.sum).toBeCloseTo(
          gateSum.reduce((sum, gate) => sum + gate),
          5,
        );
        expect(histogram.min).toBeGreaterThan(0);
        expect(histogram.max).toBeLessThanOrEqual(1);
        expect(histogram.edges).toHaveLength(21);
        expect([histogram.edges[0], histogram.edges[20]]).toEqual([0, expect.closeTo(histogram.max, 12)]);
        expect(histogram.sumSquares).toBeLessThanOrEqual(histogram.sum);
      }
    });
  }
  expect(gatesOf(model, few, 'text').gates.text).not.toEqual(gates.text);
  expect(gatesOf(model, few, 'text').gates.audio).toEqual(gates.audio);
  disposeParams(model.params);
});

test('it looks at 64 samples, spread over all; without UniTSE at none', async () => {
  const { model: config } = compact();
  const model = await createModel(config, 1, { find: findPlace });
  const chosen = Array.from({ length: 64 }, (_, i) => examples[Math.floor((i * 130) / 64)]!);
  expect(gatesOf(model, examples)).toEqual(gatesOf(model, chosen));
  expect(gatesOf(model, examples).samples).toBe(64);
  expect(gatesOf(model, [])).toEqual({ samples: 0, gates: { text: [], audio: [] } });
  const without = { ...model, config: { ...config, unitse: { ...config.unitse, numBlocks: 0 } } };
  expect(gatesOf(without, examples)).toEqual({ samples: 0, gates: { text: [], audio: [] } });
  disposeParams(model.params);
});

test('gates that are NaN have no histogram', async () => {
  const { model: config } = compact();
  const model = await createModel(config, 1, { find: findPlace });
  for (const leaf of variables(model.params).values()) tf.tidy(() => leaf.assign(tf.fill(leaf.shape, Number.NaN)));
  const { gates } = gatesOf(model, examples.slice(0, 2));
  expect(gates.text[0]!.sentiment).toEqual({ histogram: undefined, selected: new Array(15).fill(0) });
  disposeParams(model.params);
});

test('a bin has its lower border, the last one both', () => {
  expect(histogramOf([0, 0.1, 0.15, 0.3, 0.3], [0, 0.1, 0.2, 0.3])).toEqual({
    edges: [0, 0.1, 0.2, 0.3],
    counts: [1, 2, 2],
    min: 0,
    max: 0.3,
    sum: 0.1 + 0.15 + 0.3 + 0.3,
    sumSquares: 0.1 ** 2 + 0.15 ** 2 + 0.3 ** 2 + 0.3 ** 2,
  });
});
