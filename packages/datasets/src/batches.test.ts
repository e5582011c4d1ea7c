import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batches } from './batches';

const lengthsOf = (count: number) => Array.from({ length: count }, (_, i) => (i * 7_919) % 97);
const sorted = (values: number[]) => [...values].sort((a, b) => a - b);

describe('batches', () => {
  test('holds every index once, in batches of the asked size, and depends on its arguments alone', () => {
    const arguments_ = [
      fc.nat(300),
      fc.integer({ min: 1, max: 40 }),
      fc.integer(),
      fc.nat(1_000),
      fc.boolean(),
    ] as const;
    fc.assert(
      fc.property(...arguments_, (count, batchSize, seed, epoch, bucketed) => {
        const options = { batchSize, seed, epoch, ...(bucketed && { lengths: lengthsOf(count) }) };
        const order = batches(count, options);
        expect(sorted(order.flat())).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(order.length).toBe(Math.ceil(count / batchSize));
        expect(order.filter((batch) => batch.length < batchSize).length).toBeLessThanOrEqual(1);
        expect(batches(count, options)).toEqual(order);
      }),
    );
  });

  test('stays what it is: runs of earlier versions can be repeated', () => {
    expect(batches(7, { batchSize: 3, seed: 1, epoch: 0 })).toEqual([[2, 3, 1], [0, 6, 5], [4]]);
  });

  test('differs between epochs and between seeds', () => {
    const orders = [1, 2, 3].flatMap((seed) => [0, 1, 2].map((epoch) => batches(50, { batchSize: 50, seed, epoch })));
    expect(new Set(orders.map(String)).size).toBe(9);
  });

  test('puts every index everywhere equally often', () => {
    const first = new Float64Array(5);
    for (let epoch = 0; epoch < 5_000; epoch++) first[batches(5, { batchSize: 1, seed: 3, epoch })[0]![0]!]! += 1;
    for (const count of first) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  test('by length, pads to a third or less of what an unsorted order pads', () => {
    const lengths = lengthsOf(1_000);
    const padding = (order: number[][]) =>
      order.reduce((sum, batch) => {
        const longest = Math.max(...batch.map((i) => lengths[i]!));
        return sum + batch.reduce((more, i) => more + longest - lengths[i]!, 0);
      }, 0);
    const options = { batchSize: 8, seed: 1, epoch: 0 };
    expect(padding(batches(1_000, { ...options, lengths }))).toBeLessThan(padding(batches(1_000, options)) / 3);
  });

  test('refuses what makes no batches', () => {
    expect(() => batches(4, { batchSize: 0, seed: 1, epoch: 0 })).toThrow(
      'batchSize: expected a positive integer, found 0',
    );
    expect(() => batches(4, { batchSize: 2, seed: 1, epoch: 0, lengths: [1] })).toThrow(
      'lengths: expected 4 of them, found 1',
    );
  });
});
