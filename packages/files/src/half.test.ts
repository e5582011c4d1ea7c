import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from './half';

describe('half precision', () => {
  test('every half is read and written as itself', () => {
    const halves = Uint16Array.from({ length: 0x1_0000 }, (_, i) => i);
    const numbers = fromHalf(halves);
    const again = toHalf(numbers);
    for (let i = 0; i < halves.length; i++) {
      if (Number.isNaN(numbers[i]!)) expect(again[i]! & 0x7fff).toBeGreaterThan(0x7c00);
      else if (again[i] !== i) expect.fail(`${i} became ${again[i]}`);
    }
    expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400].map((i) => numbers[i])).toEqual([1, -2, 65504, 2 ** -24, 2 ** -14]);
  });

  test('numbers go to the nearest half, ties to even', () => {
    const all = [...fromHalf(Uint16Array.from({ length: 0x7c00 }, (_, i) => i))];
    fc.assert(
      fc.property(fc.float({ min: 0, max: 65503, noNaN: true }), (value) => {
        const [half] = toHalf(Float32Array.of(value));
        const distance = (i: number) => Math.abs((all[i] ?? Number.POSITIVE_INFINITY) - value);
        for (const neighbour of [half! - 1, half! + 1]) {
          expect(distance(half!)).toBeLessThanOrEqual(distance(neighbour));
          if (distance(half!) === distance(neighbour)) expect(half! % 2).toBe(0);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
    const edges = [
      65_519,
      65_520,
      1e9,
      -1e9,
      Number.POSITIVE_INFINITY,
      2 ** -25,
      1.5 * 2 ** -25,
      -0,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
    ];
    expect([...toHalf(Float32Array.from(edges))]).toEqual([
      0x7bff, 0x7c00, 0x7c00, 0xfc00, 0x7c00, 0, 1, 0x8000, 0x3c00, 0x3c02,
    ]);
  });
});
