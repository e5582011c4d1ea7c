import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { batches } from './batches';

// The same on every version of Node, as only whole numbers are drawn; seen on 20.20 and 24.

const SAMPLES = 20_000;
/** Lengths of a fixed list, in samples: 0.5 to 6 s. */
const lengths = Array.from({ length: SAMPLES }, (_, i) => 8_000 + ((i * 48_271) % 88_001));

function hash(options: { epoch: number; seed: number; bucketed: boolean }): string {
  const { bucketed, ...rest } = options;
  const order = batches(SAMPLES, { batchSize: 8, ...rest, ...(bucketed && { lengths }) });
  return createHash('sha256').update(JSON.stringify(order)).digest('hex');
}

test.each([
  [{ seed: 1, epoch: 0, bucketed: false }, '871e6419432c730df341e870485a1d77a83b8f637d88001bc3103243363bdb88'],
  [{ seed: 1, epoch: 1, bucketed: false }, '79f51c95faa5c7db5fb8a0e50783749817508554d9a0fe4d309981f4b7db585b'],
  [{ seed: 1, epoch: 0, bucketed: true }, 'c60dae1f83c9b7d3238c24311bb27a1f25b32ac9863f8abe70959dbcea0c0380'],
  [{ seed: 2, epoch: 5, bucketed: true }, '83a133595e86b1e9c797a23ab08b041c4ba272a0ce91988dd8c09a58c5e3b8e7'],
])('the order of 20,000 samples stays what it is: %o', (options, expected) => {
  expect(hash(options)).toBe(expected);
});

test('by length, hardly anything is padded', () => {
  let [padded, real] = [0, 0];
  for (const batch of batches(SAMPLES, { batchSize: 8, seed: 1, epoch: 0, lengths })) {
    const longest = Math.max(...batch.map((i) => lengths[i]!));
    real += batch.reduce((sum, i) => sum + lengths[i]!, 0);
    padded += batch.length * longest;
  }
  expect(padded / real).toBeLessThan(1.08);
});
