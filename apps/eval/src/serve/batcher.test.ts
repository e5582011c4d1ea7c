import { expect, test } from 'vitest';
import { createBatcher } from './batcher';

test('those that wait together are answered together, each with its own answer', async () => {
  const sizes: number[] = [];
  const double = createBatcher((numbers: readonly number[]) => {
    sizes.push(numbers.length);
    return numbers.map((one) => 2 * one);
  }, 3);
  expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8]);
  expect(await double(5)).toBe(10);
  expect(sizes).toEqual([3, 1, 1]);
});

test('one that fails fails for those who asked, not for the next', async () => {
  const root = createBatcher((numbers: readonly number[]) => {
    if (numbers.some((one) => one < 0)) throw new Error('below 0');
    return numbers.map(Math.sqrt);
  }, 2);
  await expect(root(-1)).rejects.toThrow('below 0');
  expect(await root(4)).toBe(2);
});
