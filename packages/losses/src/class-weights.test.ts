import { expect, test } from 'vitest';
import { balancedClassWeights } from './class-weights';

test('absent over present samples; 1 for what never or always occurs', () => {
  const labels = [
    [1, 0, 1],
    [0, 0, 2],
    [0, 0, 1],
    [0, 0, 1],
  ];
  expect(balancedClassWeights(labels, 3)).toEqual([3, 1, 1]);
  expect(balancedClassWeights([], 2)).toEqual([1, 1]);
});
