import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

/** Compares the gradient of a scalar function at x with central differences, entry by entry, in single precision. */
export function expectNumericGradient(x: tf.Tensor, f: (x: tf.Tensor) => tf.Scalar): void {
  const step = 1 / 64;
  const exact = tf.grad(f)(x).dataSync();
  const values = x.dataSync();
  for (let i = 0; i < values.length; i++) {
    const at = (shift: number) => {
      const moved = Float32Array.from(values);
      moved[i] = moved[i]! + shift;
      return f(tf.tensor(moved, x.shape)).dataSync()[0]!;
    };
    const numeric = (at(step) - at(-step)) / (2 * step);
    expect(Math.abs(numeric - exact[i]!), `entry ${i}: ${numeric} by differences, ${exact[i]}`).toBeLessThan(5e-4);
  }
}
