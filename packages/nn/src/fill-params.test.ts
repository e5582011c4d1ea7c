import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { fillParams, leaves, parseSafetensors, type StoredTensor, toSafetensors } from './index';

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

  test('integers fill integers, and any floating point fills float32', () => {
    const tensors = new Map<string, tf.Tensor>([['ids', tf.tensor1d([7, -1], 'int32')]]);
    const filled = fillParams({ ids: tf.zeros([2], 'int32') }, parseSafetensors(toSafetensors(tensors), 'x'), 'x');
    expect([filled.ids.dtype, ...filled.ids.dataSync()]).toEqual(['int32', 7, -1]);
    const half: StoredTensor = { dtype: 'F16', shape: [1], bytes: new Uint8Array(Uint16Array.of(0x3c00).buffer) };
    expect(fillParams({ b: tf.zeros([1]) }, new Map([['b', half]]), 'x').b.dataSync()[0]).toBe(1);
  });

  test('a tensor that another type was put on is refused, either way round', () => {
    const relabelled = (change: (file: string) => string) => {
      const file = toSafetensors(
        new Map([
          ['i', tf.tensor1d([1], 'int32') as tf.Tensor],
          ['f', tf.tensor1d([1])],
        ]),
      );
      return parseSafetensors(
        Uint8Array.from(Buffer.from(change(Buffer.from(file).toString('latin1')), 'latin1')),
        'x',
      );
    };
    const model = () => ({ i: tf.zeros([1], 'int32'), f: tf.zeros([1]) });
    expect(() =>
      fillParams(
        model(),
        relabelled((file) => file.replace('F32', 'I32')),
        'x',
      ),
    ).toThrow('x: does not fit the model: f: expected F32, found I32');
    expect(() =>
      fillParams(
        model(),
        relabelled((file) => file.replace('I32', 'F32')),
        'x',
      ),
    ).toThrow('x: does not fit the model: i: expected I32, found F32');
    expect(() =>
      fillParams(
        model(),
        relabelled((file) => file.replace('F32', 'U32')),
        'x',
      ),
    ).toThrow('f: expected F32, found U32');
  });

  test('lists everything that does not fit', () => {
    const other = { a: { weight: tf.zeros([3, 2]), bias: tf.zeros([3]) } };
    expect(() => fillParams(other, stored(), 'run.safetensors')).toThrow(
      'run.safetensors: does not fit the model: a.weight: expected [3, 2], found [2, 3]; missing a.bias; unexpected b',
    );
  });

  test.each<[StoredTensor['dtype'], Uint8Array]>([
    ['F32', new Uint8Array(Float32Array.of(1, Number.NaN).buffer)],
    ['F32', new Uint8Array(Float32Array.of(1, Number.NEGATIVE_INFINITY).buffer)],
    ['F16', new Uint8Array(Uint16Array.of(0x3c00, 0x7c00).buffer)],
    ['BF16', new Uint8Array(Uint16Array.of(0x3f80, 0xffc0).buffer)],
    ['F64', new Uint8Array(Float64Array.of(1, 1e300).buffer)],
  ])('%s that is not finite is refused by its name', (dtype, bytes) => {
    const tensors = tf.memory().numTensors;
    const file = new Map<string, StoredTensor>([
      ['a', { dtype, shape: [2], bytes }],
      ['b', { dtype: 'F32', shape: [1], bytes: new Uint8Array(Float32Array.of(3e38).buffer) }],
    ]);
    const model = { a: tf.zeros([2]), b: tf.zeros([1]) };
    expect(() => fillParams(model, file, 'x')).toThrow(
      new Error('x: expected finite numbers, found NaN or infinity in a'),
    );
    expect(tf.memory().numTensors).toBe(tensors + 2);
  });

  test('many problems, and names that break lines, are one short line', () => {
    const empty: StoredTensor = { dtype: 'F32', shape: [0], bytes: new Uint8Array() };
    const file = new Map(Array.from({ length: 1000 }, (_, i) => [`${i}\n${'x'.repeat(1000)}`, empty]));
    const fill = () => fillParams({ b: tf.zeros([1]) }, file, 'x');
    expect(fill).toThrow(/^x: does not fit the model: missing b; unexpected 0 x.{1,6000}; and 981 more$/);
  });
});
