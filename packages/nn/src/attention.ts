import * as tf from '@tensorflow/tfjs';
import { dropout } from './dropout';
import { initLinear, type LinearParams, linearLayer } from './linear';
import { matMul } from './mat-mul';
import type { Mode } from './mode';
import type { Rng } from './random';

// B batch, Q query positions, K key positions, H heads, D dModel, d = D / H

export type AttentionParams = { query: LinearParams; key: LinearParams; value: LinearParams; output: LinearParams };

export function initAttention(dModel: number, rng: Rng): AttentionParams {
  const square = () => initLinear(dModel, dModel, rng);
  return { query: square(), key: square(), value: square(), output: square() };
}

export type AttentionOptions = { numHeads: number; dropout: number };

/**
 * Multi-head scaled dot-product attention, softmax(Q Kᵀ / sqrt(d)) V, with dropout on the weights.
 *
 * @param queries [B, Q, D]
 * @param memory [B, K, D], read for keys and values; the queries themselves for self-attention.
 * @param memoryMask [B, K], 1 = real position, 0 = padding, which no query attends to. A row without any real position attends
 *   to all evenly.
 * @returns [B, Q, D]
 * @throws If D is not a multiple of the number of heads.
 */
export function attention(
  params: AttentionParams,
  queries: tf.Tensor3D,
  memory: tf.Tensor3D,
  memoryMask: tf.Tensor2D,
  options: AttentionOptions,
  mode: Mode,
): tf.Tensor3D {
  const [B, Q, D] = queries.shape;
  const [, K] = memoryMask.shape;
  const { numHeads: H } = options;
  if (D % H !== 0) throw new Error(`attention: ${H} heads do not divide a width of ${D}`);
  return tf.tidy(() => {
    const heads = (x: tf.Tensor3D) => tf.transpose(tf.reshape(x, [B, -1, H, D / H]), [0, 2, 1, 3]) as tf.Tensor4D;
    const q_BHQd = heads(linearLayer(params.query, queries));
    const k_BHKd = heads(linearLayer(params.key, memory));
    const v_BHKd = heads(linearLayer(params.value, memory));
    const scores_BHQK = tf.mul(matMul(q_BHQd, k_BHKd, false, true), 1 / Math.sqrt(D / H));
    const closed = tf.reshape(tf.mul(tf.sub(1, memoryMask), -1e9), [B, 1, 1, K]);
    const weights_BHQK = dropout(softmax(tf.add(scores_BHQK, closed) as tf.Tensor4D), options.dropout, mode);
    const read_BQD = tf.reshape(tf.transpose(matMul(weights_BHQK, v_BHKd), [0, 2, 1, 3]), [B, Q, D]) as tf.Tensor3D;
    return linearLayer(params.output, read_BQD);
  });
}

/** Over the last axis; its gradient sums to zero along it more exactly than that of `tf.softmax`. */
function softmax(scores: tf.Tensor4D): tf.Tensor4D {
  const apply = tf.customGrad((x, save) => {
    const value = tf.softmax(x as tf.Tensor4D);
    (save as tf.GradSaveFunc)([value]);
    const gradFunc = (dy: tf.Tensor, [y]: tf.Tensor[]) => {
      const dx = tf.mul(y!, tf.sub(dy, tf.sum(tf.mul(dy, y!), -1, true)));
      return tf.sub(dx, tf.mul(y!, tf.sum(dx, -1, true))); // each row sums to 0 but for rounding: take that out too
    };
    return { value, gradFunc };
  });
  return apply(scores) as tf.Tensor4D;
}
