import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { divide } from './divide';

const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 9 });
const cost = (of: readonly number[], part: readonly number[]) => part.length * Math.max(0, ...part.map((i) => of[i]!));
const dearest = (of: readonly number[], parts: readonly (readonly number[])[]) =>
  Math.max(...parts.map((part) => cost(of, part)));

/** Every way to cut the samples, from the longest to the shortest, into so many parts. */
function cuts(order: readonly number[], count: number): number[][][] {
  if (count === 1) return [[[...order]]];
  return order.flatMap((_, i) =>
    i === 0 ? [] : cuts(order.slice(i), count - 1).map((rest) => [[...order.slice(0, i)], ...rest]),
  );
}

describe('a batch in parts', () => {
  test('every sample is in one, in its order, and no part is empty that need not be', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 12 }), (of, count) => {
        const parts = divide(of, count);
        expect(parts).toHaveLength(count);
        expect(parts.flat().sort((a, b) => a - b)).toEqual([...of.keys()]);
        expect(parts.filter((part) => part.length > 0)).toHaveLength(Math.min(count, of.length));
        for (const part of parts) expect(part).toEqual(part.toSorted((a, b) => a - b));
      }),
    );
  });

  test('no cut by length has a cheaper dearest part', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 4 }), (of, count) => {
        const order = [...of.keys()].sort((a, b) => of[b]! - of[a]!);
        const all = cuts(order, Math.min(count, of.length)).map((parts) => dearest(of, parts));
        expect(dearest(of, divide(of, count))).toBe(Math.min(...all));
      }),
    );
  });

  test('one part is the batch; few long samples are apart from many short ones', () => {
    expect(divide([3, 9, 4], 1)).toEqual([[0, 1, 2]]);
    expect(divide([2, 10, 2, 2, 9, 2, 2, 2], 2)).toEqual([
      [1, 4],
      [0, 2, 3, 5, 6, 7],
    ]);
    expect(divide([5], 3)).toEqual([[0], [], []]);
  });
});
