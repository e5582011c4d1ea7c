import * as tf from '@tensorflow/tfjs';
import { drawKept, dropped } from './dropout';
import { kernels } from './kernels/kernels';
import { initLinear } from './linear';
import { type LinearParams, type LinearPart, type LoraOptions, linearPart } from './linear-part';
import { product } from './mat-mul';
import { type Mode, modeFor } from './mode';
import { oneNode } from './one-node';
import type { Rng } from './random';

// B batch, Q query positions, K key positions, H heads, D dModel, d = D / H

export type AttentionParams = { query: LinearParams; key: LinearParams; value: LinearParams; output: LinearParams };

export function initAttention(dModel: number, rng: Rng): AttentionParams {
  const square = () => initLinear(dModel, dModel, rng);
  return { query: square(), key: square(), value: square(), output: square() };
}

export type AttentionOptions = { numHeads: number; dropout: number; lora?: LoraOptions };

/**
 * Multi-head scaled dot-product attention, softmax(Q Kᵀ / sqrt(d)) V, with dropout on the weights. One node of the tape, its gradient
 * written by hand.
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
  const { numHeads: H, dropout: rate, lora } = options;
  if (D % H !== 0) throw new Error(`attention: ${H} heads do not divide a width of ${D}`);
  const temperature = 1 / Math.sqrt(D / H);
  const split = (rows: tf.Tensor) => tf.transpose(tf.reshape(rows, [B, -1, H, D / H]), [0, 2, 1, 3]) as tf.Tensor4D;
  const merge = (heads: tf.Tensor) => tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [-1, D]) as tf.Tensor2D;
  const isSelf = queries === memory;
  const { query, key, value, output } = params;
  const inputs = isSelf ? [queries] : [queries, memory];
  const parts = [query, key, value, output].map((linear, i) => linearPart(linear, lora, modeFor(mode, 1 + i)));
  const [toQuery, toKey, toValue, toOutput] = parts as [LinearPart, LinearPart, LinearPart, LinearPart];

  return oneNode<tf.Tensor3D>([...inputs, ...parts.flatMap(({ inputs }) => inputs)], (save) => {
    const [own, other] = [tf.reshape(queries, [-1, D]), tf.reshape(memory, [-1, D])];
    const heads = (part: LinearPart, rows: tf.Tensor) =>
      tf.tidy(() => {
        const { value, saved } = part.apply(rows);
        return { value: split(value), saved };
      });
    const { value: q_BHQd, saved: ofQuery } = heads(toQuery, own);
    const { value: k_BHKd, saved: ofKey } = heads(toKey, other);
    const { value: v_BHKd, saved: ofValue } = heads(toValue, other);
    const probs_BHQK = tf.tidy(() => kernels().softmax(product(q_BHQd, k_BHKd, false, true), memoryMask, temperature));
    const kept = drawKept(probs_BHQK.shape, rate, mode);
    const read = tf.tidy(() => merge(product(dropped(probs_BHQK, kept, rate), v_BHKd)));
    const { value, saved: ofOutput } = toOutput.apply(read);
    const ofParts = [ofQuery, ofKey, ofValue, ofOutput];
    const counts = ofParts.map(({ length }) => length);
    save([own, other, q_BHQd, k_BHKd, v_BHKd, probs_BHQK, read, ...ofParts.flat(), ...(kept ? [kept] : [])]);
    return {
      value: tf.reshape(value, [B, Q, D]) as tf.Tensor3D,
      gradient: (dy, [own, other, q, k, v, probs, read, ...rest]) => {
        const [ofQuery, ofKey, ofValue, ofOutput] = counts.map((count) => rest.splice(0, count));
        const [kept] = rest;
        const [dRead, ...dOutput] = toOutput.gradients(read!, ofOutput!, tf.reshape(dy, [-1, D]));
        const dHeads = split(dRead);
        const [dV, dScores] = tf.tidy(() => {
          const dV = product(dropped(probs!, kept, rate), dHeads, true, false);
          const dDropped = product(dHeads, v!, false, true);
          return [dV, kernels().softmaxGradient(probs!, dDropped, kept, rate, temperature)];
        });
        const [dOwn, ...dQuery] = tf.tidy(() => toQuery.gradients(own!, ofQuery!, merge(product(dScores!, k!))));
        const [dKeys, ...dKey] = tf.tidy(() =>
          toKey.gradients(other!, ofKey!, merge(product(dScores!, q!, true, false))),
        );
        const [dValues, ...dValue] = tf.tidy(() => toValue.gradients(other!, ofValue!, merge(dV!)));
        // A key's bias moves all scores of a query alike, which the softmax does not see.
        if (dKey[1]) dKey[1] = tf.zerosLike(dKey[1]);
        const dOther = tf.add(dKeys, dValues);
        const dInputs = isSelf ? [tf.add(dOwn, dOther)] : [dOwn, dOther];
        const shaped = dInputs.map((dx) => tf.reshape(dx, [B, -1, D]));
        return [...shaped, ...dQuery, ...dKey, ...dValue, ...dOutput];
      },
    };
  });
}
