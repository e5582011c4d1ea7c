import { maskedMean, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type BertParams, bertPooler, firstToken } from './bert';
import type { Pooling } from './pooling-names';

/**
 * @param params Read for `pooler` alone.
 * @param output What the encoder gave.
 * @returns [B, D]
 * @throws If `pooler` is asked of a checkpoint that has none.
 */
export function poolText(params: BertParams, { hidden, mask }: Sequence, pooling: Pooling): tf.Tensor2D {
  if (pooling === 'mean') return maskedMean(hidden, mask);
  return pooling === 'first' ? firstToken(hidden) : bertPooler(params, hidden);
}

/** Each row scaled to length 1; a row of zeros stays. x [B, D] */
export function unitLength(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.div(x, tf.maximum(tf.norm(x, 2, 1, true), 1e-12)));
}
