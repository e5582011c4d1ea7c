import * as tf from '@tensorflow/tfjs';

// B batch, T time, N experts

/**
 * 1 for each row's k largest entries, else 0; of equal ones the first are taken, as `tf.topk` does. No gradient flows through the choice.
 *
 * An entry is chosen if fewer than k others come before it. These are counted in float32, as WebGPU cannot sum integers: it gives 0.
 *
 * @param probs [B, N], or [B, T, N], whose rows are the frames'.
 * @returns As probs.
 */
export function topKMask(probs: tf.Tensor2D, k: number): tf.Tensor2D;
export function topKMask<R extends tf.Rank.R2 | tf.Rank.R3>(probs: tf.Tensor<R>, k: number): tf.Tensor<R>;
export function topKMask<R extends tf.Rank.R2 | tf.Rank.R3>(probs: tf.Tensor<R>, k: number): tf.Tensor<R> {
  const N = probs.shape.at(-1)!;
  const choose = tf.customGrad((probs) => {
    const rows = tf.reshape(probs as tf.Tensor, [-1, N]) as tf.Tensor2D;
    const [own_BN1, other_B1N] = [tf.expandDims(rows, 2), tf.expandDims(rows, 1)];
    const larger = tf.cast(tf.greater(other_B1N, own_BN1), 'float32');
    const equal = tf.cast(tf.equal(other_B1N, own_BN1), 'float32');
    const before_BN = tf.sum(tf.add(larger, tf.mul(equal, earlier(N))), 2);
    const value = tf.reshape(tf.cast(tf.less(before_BN, k), 'float32'), (probs as tf.Tensor).shape);
    return { value, gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) };
  });
  return tf.tidy(() => choose(probs)) as tf.Tensor<R>;
}

/** [N, N], 1 where the column comes before the row. */
function earlier(N: number): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: N * N }, (_, i) => (i % N < Math.floor(i / N) ? 1 : 0)),
    [N, N],
  );
}

/**
 * The k largest gates with their softmax value, the others 0; `renormalise` makes each row sum to 1 again.
 *
 * @param probs [B, N] or [B, T, N]
 * @param bias [N], added to probs for the choice and for nothing else.
 */
export function topKGates<R extends tf.Rank.R2 | tf.Rank.R3>(
  probs: tf.Tensor<R>,
  k: number,
  renormalise: boolean,
  bias?: tf.Tensor1D,
): tf.Tensor<R> {
  return tf.tidy(() => {
    if (k >= probs.shape.at(-1)!) return tf.clone(probs) as tf.Tensor<R>;
    const gates = tf.mul(probs, topKMask(bias ? (tf.add(probs, bias) as tf.Tensor<R>) : probs, k)) as tf.Tensor<R>;
    return renormalise ? (tf.div(gates, tf.sum(gates, -1, true)) as tf.Tensor<R>) : gates;
  });
}
