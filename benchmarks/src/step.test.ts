import { useBackend } from '@mmolre/backend';
import { beforeAll, expect, test } from 'vitest';
import { stepCase } from '../step.bench';
import { bothSides, python, withWork } from './__fixtures__/both-sides';
import { smallModel } from './__fixtures__/small-model';
import type { NodeSide } from './benchmark';
import type { Length } from './drawn-lengths';

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const lengths: Length[] = [
  { seconds: 0.5, tokens: 7 },
  { seconds: 0.2, tokens: 12 },
  { seconds: 0.35, tokens: 5 },
];
const equal = Array.from({ length: 2 }, () => ({ seconds: 0.4, tokens: 9 }));
const toLongest = { num_tokens: null, num_samples: null };

test('steps make the loss without dropout less, and frames that are kept change nothing', async () => {
  const losses: number[][] = [];
  for (const cached of [false, true]) {
    const one = stepCase('small', lengths, toLongest, { whole: smallModel, cached });
    await withWork(one, one.ours as NodeSide, async (work) => {
      const loss = async () => (await work.results()).loss!.dataSync()[0]!;
      losses.push([await loss(), await work.run(), await work.run(), await work.run(), await loss()]);
    });
  }
  expect(losses[1]).toEqual(losses[0]);
  expect(losses[0]!.at(-1)).toBeLessThan(losses[0]![0]!);
});

test.runIf(python).each([
  ['nothing is padded', equal, toLongest],
  ['all are padded to the longest', lengths, toLongest],
  ['PyTorch pads the tokens further', lengths, { num_tokens: 20, num_samples: 8_000 }],
])('PyTorch computes the same where %s: loss, and gradients of each part', async (_, lengths, padding) => {
  const { keys, differences } = await bothSides(stepCase('small', lengths, padding, { whole: smallModel }));
  expect(keys).toEqual([
    ...['loss', 'text.embeddings', 'text.encoder', 'audio.feature_projection', 'audio.encoder'],
    ...['unitse.text', 'unitse.audio', 'fusion.sentiment', 'fusion.emotion', 'heads.sentiment', 'heads.emotion'],
  ]);
  expect(differences).toEqual([]);
});
