import * as tf from '@tensorflow/tfjs';
import { drawKept, dropped } from './dropout';
import { kernels } from './kernels/kernels';
import { initLinear } from './linear';
import { type LinearParams, type LinearPart, type LoraOptions, linearPart } from './linear-part';
import { product } from './mat-mul';
import { type Mode, modeFor } from './mode';
import { oneNode } from './one-node';
import type { Rng } from './random';
import { fullLayout, type Rows } from './rows';

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
  const rowsOf = (x: tf.Tensor3D) => tf.reshape(x, [-1, x.shape[2]]) as tf.Tensor2D;
  return tf.tidy(() => {
    const other = { rows: rowsOf(memory), layout: fullLayout(memoryMask) };
    const [B, Q] = queries.shape;
    const own = queries === memory ? other : { rows: rowsOf(queries), layout: { B, T: Q } };
    return tf.reshape(attentionOfRows(params, own, other, options, mode), queries.shape);
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
  queries: { rows: tf.Tensor2D; layout: Pick<Rows['layout'], 'B' | 'T' | 'packed'> },
  memory: Rows,
  options: AttentionOptions,
  mode: Mode,
): tf.Tensor2D {
  const D = queries.rows.shape[1];
  const { numHeads: H, dropout: rate, lora } = options;
  if (D % H !== 0) throw new Error(`attention: ${H} heads do not divide a width of ${D}`);
  const temperature = 1 / Math.sqrt(D / H);
  const isSelf = queries.rows === memory.rows;
  const { query, key, value, output } = params;
  const inputs = isSelf ? [queries.rows] : [queries.rows, memory.rows];
  const parts = [query, key, value, output].map((linear, i) => linearPart(linear, lora, modeFor(mode, 1 + i)));
  const [toQuery, toKey, toValue, toOutput] = parts as [LinearPart, LinearPart, LinearPart, LinearPart];
  const ways = [queries.layout, memory.layout].map(({ packed }) => (packed ? [packed.positions, packed.rows] : []));

  return oneNode<tf.Tensor2D>([...inputs, ...parts.flatMap(({ inputs }) => inputs)], (save) => {
    const [own, other] = [queries.rows, memory.rows];
    const [ofOwn, ofOther] = [headsOf(queries.layout, H, ways[0]!), headsOf(memory.layout, H, ways[1]!)];
    const heads = ({ split }: typeof ofOwn, part: LinearPart, rows: tf.Tensor) =>
      tf.tidy(() => {
        const { value, saved } = part.apply(rows);
        return { value: split(value), saved };
      });
    const { value: q_BHQd, saved: ofQuery } = heads(ofOwn, toQuery, own);
    const { value: k_BHKd, saved: ofKey } = heads(ofOther, toKey, other);
    const { value: v_BHKd, saved: ofValue } = heads(ofOther, toValue, other);
    const probs_BHQK = tf.tidy(() =>
      kernels().softmax(product(q_BHQd, k_BHKd, false, true), memory.layout.mask, temperature),
    );
    const kept = drawKept(probs_BHQK.shape, rate, mode);
    const read = tf.tidy(() => ofOwn.merge(product(dropped(probs_BHQK, kept, rate), v_BHKd)));
    const { value, saved: ofOutput } = toOutput.apply(read);
    const rest = [ofQuery, ofKey, ofValue, ofOutput, ...ways, kept ? [kept] : []];
    const counts = rest.map(({ length }) => length);
    save([own, other, q_BHQd, k_BHKd, v_BHKd, probs_BHQK, read, ...rest.flat()]);
    const gradient = (dy: tf.Tensor2D, [own, other, q, k, v, probs, read, ...rest]: tf.Tensor[]) => {
      const [ofQuery, ofKey, ofValue, ofOutput, ownWays, otherWays, [kept] = []] = counts.map((count) =>
        rest.splice(0, count),
      );
      const ofOwn = headsOf(queries.layout, H, ownWays as tf.Tensor1D[]);
      const ofOther = headsOf(memory.layout, H, otherWays as tf.Tensor1D[]);
      const [dRead, ...dOutput] = toOutput.gradients(read!, ofOutput!, dy);
      const dHeads = ofOwn.split(dRead);
      const [dV, dScores] = tf.tidy(() => {
        const dV = product(dropped(probs!, kept, rate), dHeads, true, false);
        const dDropped = product(dHeads, v!, false, true);
        return [dV, kernels().softmaxGradient(probs!, dDropped, kept, rate, temperature)];
      });
      const [dOwn, ...dQuery] = tf.tidy(() => toQuery.gradients(own!, ofQuery!, ofOwn.merge(product(dScores!, k!))));
      const [dKeys, ...dKey] = tf.tidy(() =>
        toKey.gradients(other!, ofKey!, ofOther.merge(product(dScores!, q!, true, false))),
      );
      const [dValues, ...dValue] = tf.tidy(() => toValue.gradients(other!, ofValue!, ofOther.merge(dV!)));
      // A key's bias moves all scores of a query alike, which the softmax does not see.
      if (dKey[1]) dKey[1] = tf.zerosLike(dKey[1]);
      const dOther = tf.add(dKeys, dValues);
      const dInputs = isSelf ? [tf.add(dOwn, dOther)] : [dOwn, dOther];
      return [...dInputs, ...dQuery, ...dKey, ...dValue, ...dOutput];
    };
    return { value, gradient };
  });
}

/** Rows to heads and back. @param ways Of packed rows their positions, and the positions' rows. */
function headsOf({ B, T }: { B: number; T: number }, H: number, [positions, rows]: readonly tf.Tensor1D[]) {
  return {
    split: (all: tf.Tensor) => kernels().splitHeads(all, [B, T, H], rows),
    merge: (heads: tf.Tensor) => kernels().mergeHeads(heads, positions),
  };
}
