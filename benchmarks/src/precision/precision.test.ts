import { useBackend } from '@mmolre/backend';
import { toTerminal } from '@mmolre/report';
import { beforeAll, expect, test } from 'vitest';
import { smallModel } from '../__fixtures__/small-model';
import { type Pair, precisionBlocks, whyApart } from './compare';
import { trainSome } from './training';

beforeAll(async () => {
  await useBackend({ backend: 'native', log: () => {} });
});

const trained = (losses: number[], ms: number[]) => ({ losses, ms });
const pairs: Pair[] = [
  { name: 'seed 1', float32: trained([3, 1], [900, 200]), bf16: trained([3.1, 1.1], [900, 100]) },
  { name: 'seed 2', float32: trained([4, 2], [900, 200]), bf16: trained([4, 2.3], [900, 120]) },
];

test('the loss at the end, by how much bf16 changes it, and the time of a step without the first', () => {
  const text = toTerminal(precisionBlocks(pairs));
  expect(text).toMatch(/seed 1 +2 +3\.0000 +2\.0000 +2\.1000 +0\.1000 +200 +100 +0\.50/);
  expect(text).toMatch(/seed 2 +2 +4\.0000 +3\.0000 +3\.1500 +0\.3000 +200 +120 +0\.60/);
  expect(text).toContain('0.1250; deviation of the seeds in float32: 0.7071.');
  expect(whyApart(pairs)).toBeUndefined();
});

test('what lies further apart than seeds do is said; of one seed nothing can be', () => {
  const far = pairs.map((pair) => ({ ...pair, bf16: trained([5, 4], [1, 1]) }));
  expect(whyApart(far)).toBe('bf16 changes the loss at the end by 2.0000, seeds by 0.7071');
  expect(toTerminal(precisionBlocks(far))).toContain(whyApart(far));
  expect(whyApart(far.slice(0, 1))).toBeUndefined();
});

test('the loss falls; a seed gives the same again, another one another', async () => {
  const losses = async (seed: number, steps: number) =>
    (await trainSome(smallModel, { precision: 'float32', seed, steps }, 200)).losses;
  const [first, again, other] = [await losses(1, 24), await losses(1, 3), await losses(2, 3)];
  const mean = (some: readonly number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length;
  expect(mean(first.slice(-6))).toBeLessThan(mean(first.slice(0, 6)));
  expect(again).toEqual(first.slice(0, 3));
  expect(other).not.toEqual(again);
});
