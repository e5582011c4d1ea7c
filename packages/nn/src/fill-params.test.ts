import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { fillParams, leaves, parseSafetensors, toSafetensors } from './index';

const stored = () => {
  const tensors = new Map<string, tf.Tensor>([
    ['a.weight', tf.tensor2d([1, -2, 3.5, 4, 5, 6], [2, 3])],
    ['b', tf.scalar(7)],
  ]);
  return parseSafetensors(toSafetensors(tensors), 'x');
};

describe('fillParams', () => {
  const template = () => ({ a: { weight: tf.zeros([2, 3]) }, b: tf.zeros([]) });

  test('fills a tree by its paths, below a prefix', () => {
    const filled = fillParams(template(), stored(), 'x');
    expect([...leaves(filled)].map(([path, leaf]) => [path, leaf.shape])).toEqual([
      ['a.weight', [2, 3]],
      ['b', []],
    ]);
    expect([...filled.b.dataSync()]).toEqual([7]);
    expect([...fillParams({ weight: tf.zeros([2, 3]) }, stored(), 'x', 'a.').weight.dataSync()].slice(0, 3)).toEqual([
      1, -2, 3.5,
    ]);
  });

  test('lists everything that does not fit', () => {
    const other = { a: { weight: tf.zeros([3, 2]), bias: tf.zeros([3]) } };
    expect(() => fillParams(other, stored(), 'run.safetensors')).toThrow(
      'run.safetensors: does not fit the model: a.weight: expected [3, 2], found [2, 3]; missing a.bias; unexpected b',
    );
  });
});
