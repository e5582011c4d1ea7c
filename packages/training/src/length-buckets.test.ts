import { useBackend } from '@mmolre/backend';
import type { Example } from '@mmolre/model';
import { beforeAll, expect, test } from 'vitest';
import { trainFresh } from './__fixtures__/train-fresh';
import { compact, variants } from './presets';
import type { RunConfig } from './run-config';

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const examples: Example[] = Array.from({ length: 20 }, (_, i) => ({
  id: `${i}`,
  text: 'good '.repeat(1 + ((7 * i) % 20)).trim(),
  sentiment: 1,
}));
const words = ({ text }: Example) => text!.split(' ').length;

function config(lengthBuckets: boolean, seed: number): RunConfig {
  const { model, training, ...rest } = variants['post-fusion'](compact());
  return {
    ...rest,
    seed,
    model: {
      ...model,
      text: { kind: 'compact', numLayers: 1, numHeads: 2, width: 16, dropout: 0, maxTokens: 32, trainTable: false },
      fusion: { ...model.fusion, numLayers: 1, width: 16 },
      heads: { hidden: 16, dropout: 0 },
      auxiliaryWeight: 0,
    },
    training: { ...training, lengthBuckets, batchSize: 4, maxEpochs: 2 },
  };
}

/** The ids of each batch, in order. */
async function batchesOf(lengthBuckets: boolean, seed = 1) {
  const seen: Example[][] = [];
  await trainFresh(config(lengthBuckets, seed), {
    train: examples,
    valid: examples.slice(0, 4),
    lengths: examples.map(words),
    load: async (batch) => {
      seen.push([...batch]);
      return batch;
    },
  });
  return seen;
}
const ids = (seen: Example[][]) => seen.map((batch) => batch.map(({ id }) => id).join());
/** Words that are padding, summed over the batches. */
const padding = (seen: Example[][]) =>
  seen.reduce((sum, batch) => {
    const counts = batch.map(words);
    return sum + counts.reduce((missing, count) => missing + Math.max(...counts) - count, 0);
  }, 0);

test('samples of similar length share a batch, each once an epoch, in an order that seed and epoch decide', async () => {
  const [plain, bucketed, again, other] = [
    await batchesOf(false),
    await batchesOf(true),
    await batchesOf(true),
    await batchesOf(true, 2),
  ];
  expect(ids(again)).toEqual(ids(bucketed));
  expect(ids(other)).not.toEqual(ids(bucketed));
  const [first, second] = [bucketed.slice(0, 5), bucketed.slice(5)];
  for (const epoch of [first, second]) {
    expect(
      epoch
        .flat()
        .map(({ id }) => Number(id))
        .sort((a, b) => a - b),
    ).toEqual(examples.map((_, i) => i));
  }
  expect(ids(second)).not.toEqual(ids(first));
  expect(padding(bucketed)).toBe(60); // 1 to 4 words together, 5 to 8, ...: 6 a batch
  expect(padding(plain)).toBeGreaterThan(200);
});

test('without lengths there are no buckets, and that is said', async () => {
  const none = trainFresh(config(true, 1), {
    train: examples,
    valid: examples,
  });
  await expect(none).rejects.toThrow('training.lengthBuckets: expected the lengths of the samples');
});
