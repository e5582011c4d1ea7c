import { unitLength } from '@mmolre/encoders';
import { assertShape, product } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// N vectors, D dModel, b rows of a block

/**
 * How near the vectors of a pair are: the mean of |x - y|² over pairs, x and y scaled to length 1. 0 (equal) .. 4; lower is better.
 *
 * @param x [N, D]
 * @param y [N, D], row i is the pair of x's row i.
 * @see Wang and Isola, 2020, with exponent 2.
 */
export function alignment(x: tf.Tensor2D, y: tf.Tensor2D): number {
  assertShape(y, x.shape, 'alignment y');
  return tf.tidy(() => {
    const squares = tf.sum(tf.squaredDifference(unitLength(x), unitLength(y)), 1);
    return tf.mean(squares).dataSync()[0]!;
  });
}

/** Rows compared with all others at a time. */
const BLOCK = 1_024;

/**
 * How evenly vectors lie on the sphere: log of the mean of exp(-2 |x - y|²) over all pairs of different rows, each scaled to length 1.
 * -8 .. 0; lower is more even.
 *
 * @param x [N, D] of N ≥ 2 different texts.
 * @see Wang and Isola, 2020, with t = 2.
 */
export function uniformity(x: tf.Tensor2D): number {
  const [N, D] = x.shape;
  if (N < 2) throw new Error(`uniformity: expected at least 2 vectors, got ${N}`);
  return tf.tidy(() => {
    const unit = unitLength(x);
    let sum = -N; // a row with itself gives 1
    for (let start = 0; start < N; start += BLOCK) {
      const rowSums_b = tf.tidy(() => {
        const rows_bD = tf.slice(unit, [start, 0], [Math.min(BLOCK, N - start), D]);
        const cosines_bN = product(rows_bD, unit, false, true);
        return tf.sum(tf.exp(tf.mul(tf.sub(cosines_bN, 1), 4)), 1); // |x - y|² = 2 - 2 cos
      });
      // Rows are added up in double precision: wasm adds one by one, in single.
      for (const rowSum of rowSums_b.dataSync()) sum += rowSum;
    }
    return Math.log(sum / (N * (N - 1)));
  });
}
