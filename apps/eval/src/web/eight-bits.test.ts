import { parseSafetensors, toSafetensors, valuesOf } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { fromEightBits, toEightBits } from './eight-bits';

const matrix = tf.randomNormal([64, 40], 0, 2, 'float32', 7);
const tensors = new Map<string, tf.Tensor>([
  ['weight', tf.concat([matrix, tf.zeros([1, 40])])],
  ['convolution', tf.randomNormal([3, 20, 30], 0, 0.01, 'float32', 8)],
  ['bias', tf.randomNormal([2000], 0, 1, 'float32', 9)],
  ['small', tf.tensor2d([[0.1, 0.2]])],
  ['bins', tf.tensor1d([1, 2, 3], 'int32')],
]);
const file = toSafetensors(tensors);

test('large matrices come back within half a step of their row, everything else as it was', () => {
  const small = toEightBits(file, 'file');
  const back = parseSafetensors(fromEightBits(small, 'file'), 'file');
  expect([...back.keys()]).toEqual([...tensors.keys()]);
  for (const [key, tensor] of tensors) {
    const [before, after] = [tensor.dataSync(), valuesOf(back.get(key)!)];
    const width = tensor.size / tensor.shape[0]!;
    expect(back.get(key)!.shape).toEqual(tensor.shape);
    for (let i = 0; i < before.length; i++) {
      const row = before.slice(Math.floor(i / width) * width, Math.floor(i / width + 1) * width);
      const step = ['weight', 'convolution'].includes(key) ? Math.max(...row.map(Math.abs)) / 127 : 0;
      expect(Math.abs(before[i]! - after[i]!)).toBeLessThanOrEqual(step / 2 + step * 1e-5);
    }
  }
  const numbers = (name: string) => tensors.get(name)!.size;
  expect(small.length).toBeLessThan(numbers('weight') + numbers('convolution') + 4 * numbers('bias') + 1500);
});

test('what is kept once is kept the same again', () => {
  const once = toEightBits(file, 'file');
  expect(toEightBits(fromEightBits(once, 'file'), 'file')).toEqual(once);
});

test('without a scale for each row it is refused', () => {
  const small = Buffer.from(toEightBits(file, 'file'));
  small.write('weight.scalX', small.indexOf('weight.scale'));
  expect(() => fromEightBits(small, 'f.safetensors')).toThrow(
    "f.safetensors: expected a scale for each row of 'weight'",
  );
});
