import { expect, test } from 'vitest';
import { balancedCategoryWeights, balancedClassWeights } from './class-weights';

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

test('of categories: all count equally, none among them; emotions share a sample; what never occurs has 1', () => {
  const labels = [
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  expect(balancedCategoryWeights(labels, 3)).toEqual([5 / 3 / 1.5, 5 / 3 / 0.5, 1, 5 / 3 / 3]);
  expect(balancedCategoryWeights([], 2)).toEqual([1, 1, 1]);
});
