import * as tf from '@tensorflow/tfjs';
import type { TextInput } from './encoder';

/** Pads id lists to the longest. */
export function padTokens(lists: readonly (readonly number[])[], padId = 0): TextInput {
  const T = Math.max(...lists.map((list) => list.length));
  const ids = new Int32Array(lists.length * T).fill(padId);
  const mask = new Float32Array(lists.length * T);
  lists.forEach((list, b) => {
    ids.set(list, b * T);
    mask.fill(1, b * T, b * T + list.length);
  });
  return { ids: tf.tensor2d(ids, [lists.length, T], 'int32'), mask: tf.tensor2d(mask, [lists.length, T]) };
}
