import { matMul } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// B batch, T time, N experts, S the sum of their ranks

/** What each expert gets of a sample, [B, N], or of each frame, [B, T, N]. */
export type GateTensor = tf.Tensor<tf.Rank.R2 | tf.Rank.R3>;

/** [B, 1, N] or [B, T, N], to multiply what is of frames with. */
export function overFrames(gates: GateTensor): tf.Tensor3D {
  return gates.rank === 2 ? tf.expandDims(gates, 1) : (gates as tf.Tensor3D);
}

/** gates · matrix, [N, M] -> [B, M] or [B, T, M]. */
export function timesMatrix(gates: GateTensor, matrix: tf.Tensor2D): GateTensor {
  if (gates.rank === 2) return matMul(gates, matrix) as tf.Tensor2D;
  const [B, T, N] = gates.shape as [number, number, number];
  return tf.reshape(matMul(tf.reshape(gates, [B * T, N]), matrix), [B, T, matrix.shape[1]]) as tf.Tensor3D;
}

/**
 * [N, S] over the selected experts: row n holds expert n's factor over its hidden units.
 *
 * @param factors One an expert; left out, 1.
 */
export function rankSelector(
  ranks: readonly number[],
  selected: readonly number[] = [...ranks.keys()],
  factors?: readonly number[],
): tf.Tensor2D {
  const S = selected.reduce((sum, n) => sum + ranks[n]!, 0);
  const selector = new Float32Array(ranks.length * S);
  let unit = 0;
  for (const n of selected) {
    selector.fill(factors?.[n] ?? 1, n * S + unit, n * S + unit + ranks[n]!);
    unit += ranks[n]!;
  }
  return tf.tensor2d(selector, [ranks.length, S]);
}
