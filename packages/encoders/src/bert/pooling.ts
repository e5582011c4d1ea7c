import { maskedMean, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

import { type BertParams, bertPooler, firstToken } from './bert';

/**
 * One vector for a text: `pooler` for supervised SimCSE, `first` (before the pooler) for the unsupervised one, `mean` of the real
 * tokens for MiniLM and other sentence transformers.
 */
export const POOLINGS = ['pooler', 'first', 'mean'] as const;
export type Pooling = (typeof POOLINGS)[number];

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
