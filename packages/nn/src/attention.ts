import * as tf from '@tensorflow/tfjs';
import { drawKept } from './dropout';
import { isRounded, widened } from './kernels/bf16-product';
import { kernels } from './kernels/kernels';
import type { AttentionRows, Places } from './kernels/types';
import { initLinear } from './linear';
import { type LinearParams, type LinearPart, type LoraOptions, linearPart } from './linear-part';
import { asRead } from './mat-mul';
import { type Mode, modeFor } from './mode';
import { oneNode } from './one-node';
import type { Rng } from './random';
import { asIn, asRows, fullLayout, type Rows } from './rows';

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
  return tf.tidy(() => {
    const other = { rows: asRows(memory), layout: fullLayout(memoryMask) };
    const [B, Q] = queries.shape;
    const own = queries === memory ? other : { rows: asRows(queries), layout: { B, T: Q } };
    return asIn(attentionOfRows(params, own, other, options, mode), queries.shape) as tf.Tensor3D;
  });
}

/**
 * The same of rows.
 *
 * @param queries Only where they stand counts, not their mask.
 * @param memory The queries themselves for self-attention.
 * @returns A row for each query.
 */
export function attentionOfRows(
  params: AttentionParams,
  queries: { rows: tf.Tensor2D; layout: Places },
  memory: Rows,
  options: AttentionOptions,
  mode: Mode,
): tf.Tensor2D {
  const D = queries.rows.shape[1];
  const { numHeads: H, dropout: rate, lora } = options;
  if (D % H !== 0) throw new Error(`attention: ${H} heads do not divide a width of ${D}`);
  const isSelf = queries.rows === memory.rows;
  const { query, key, value, output } = params;
  const inputs = isSelf ? [queries.rows] : [queries.rows, memory.rows];
  const parts = [query, key, value, output].map((linear, i) => linearPart(linear, lora, modeFor(mode, 1 + i)));
  const [toQuery, toKey, toValue, toOutput] = parts as [LinearPart, LinearPart, LinearPart, LinearPart];

  return oneNode<tf.Tensor2D>([...inputs, ...parts.flatMap(({ inputs }) => inputs)], (save) => {
    const own = toQuery.reads(queries.rows);
    const other = isSelf ? own : toKey.reads(memory.rows);
    const [ofQuery, ofKey, ofValue] = [toQuery.apply(own), toKey.apply(other), toValue.apply(other)];
    const { B, T: Q } = queries.layout;
    const of = {
      own: queries.layout,
      other: memory.layout,
      heads: H,
      mask: memory.layout.mask,
      kept: drawKept([B, H, Q, memory.layout.T], rate, mode),
      rate,
      temperature: 1 / Math.sqrt(D / H),
    };
    const rows: AttentionRows = { queries: ofQuery.value, keys: ofKey.value, values: ofValue.value };
    const { value, saved: ofAttention } = kernels().attend(rows, of);
    const read = toOutput.reads(value);
    const ofOutput = toOutput.apply(read);
    const kept = ofAttention.map((x) => (isRounded(own) && Object.values(rows).includes(x) ? asRead(x) : x));
    const groups = [ofQuery.saved, ofKey.saved, ofValue.saved, ofOutput.saved, kept];
    save([own, other, read, ...groups.flat()]);
    const gradient = (dy: tf.Tensor2D, [own, other, read, ...rest]: tf.Tensor[]) => {
      const [ofQuery, ofKey, ofValue, ofOutput, ofAttention] = groups.map(({ length }) => rest.splice(0, length));
      const [dRead, ...dOutput] = toOutput.gradients(read!, ofOutput!, dy);
      const { dQueries, dKeys, dValues } = tf.tidy(() =>
        kernels().attendGradients(ofAttention!.map(widened), dRead, of),
      );
      const [dOwn, ...dQuery] = tf.tidy(() => toQuery.gradients(own!, ofQuery!, dQueries));
      const [byKeys, ...dKey] = tf.tidy(() => toKey.gradients(other!, ofKey!, dKeys));
      const [byValues, ...dValue] = tf.tidy(() => toValue.gradients(other!, ofValue!, dValues));
      // A key's bias moves all scores of a query alike, which the softmax does not see.
      if (dKey[1]) dKey[1] = tf.zerosLike(dKey[1]);
      const dInputs = isSelf ? [tf.addN([dOwn, byKeys, byValues])] : [dOwn, tf.add(byKeys, byValues)];
      return [...dInputs, ...dQuery, ...dKey, ...dValue, ...dOutput];
    };
    return { value: ofOutput.value, gradient };
  });
}
