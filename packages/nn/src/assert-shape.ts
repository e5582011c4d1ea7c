import type * as tf from '@tensorflow/tfjs';

/**
 * Refuses a tensor whose shape is not the expected one.
 *
 * @param expected A number where the axis must have that size, a letter where any size will do (the same letter means the same size).
 * @param name Who asks and for what, `lowRankExpert x`.
 * @throws `lowRankExpert x: expected [B, T, 4], got [2, 5, 3]`
 */
export function assertShape(x: tf.Tensor, expected: readonly (number | string)[], name: string): void {
  const sizes = new Map<string, number>();
  const fits =
    x.shape.length === expected.length &&
    expected.every((want, axis) => {
      const size = x.shape[axis]!;
      if (typeof want === 'number') return want === size;
      if (!sizes.has(want)) sizes.set(want, size);
      return sizes.get(want) === size;
    });
  if (!fits) throw new Error(`${name}: expected [${expected.join(', ')}], got [${x.shape.join(', ')}]`);
}
