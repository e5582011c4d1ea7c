import * as tf from '@tensorflow/tfjs';
import type { TextInput } from './encoder';
import { lengthMask } from './pad-rows';

/** Pads id lists to the longest, or to that length. */
export function padTokens(lists: readonly (readonly number[])[], padId = 0, length?: number): TextInput {
  const lengths = lists.map((list) => list.length);
  const T = length ?? Math.max(...lengths);
  const ids = new Int32Array(lists.length * T).fill(padId);
  lists.forEach((list, b) => {
    ids.set(list, b * T);
  });
  return { ids: tf.tensor2d(ids, [lists.length, T], 'int32'), mask: lengthMask(lengths, T) };
}
