import type * as tf from '@tensorflow/tfjs';

/** Throws unless the shapes are equal: [B, 1] and [B] would otherwise broadcast to [B, B] without a word. */
export function checkSameShape(name: string, tensor: tf.Tensor, like: tf.Tensor | readonly number[]): void {
  const expected = 'shape' in like ? like.shape : like;
  const same = tensor.shape.length === expected.length && tensor.shape.every((size, i) => size === expected[i]);
  if (!same) throw new Error(`${name}: expected [${expected.join(', ')}], got [${tensor.shape.join(', ')}]`);
}
