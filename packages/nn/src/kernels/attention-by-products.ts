import * as tf from '@tensorflow/tfjs';
import type { AttentionOf, Kernels, Places } from './types';

// B batch, Q query positions, K key positions, H heads, d width of a head

/** Rows to heads and back. */
export type Heads = {
  /** [R, H · d] -> [B, H, T, d], 0 where there is no row. */
  splitHeads(rows: tf.Tensor, places: Places, H: number): tf.Tensor4D;
  /** [B, H, T, d] -> [R, H · d] */
  mergeHeads(heads: tf.Tensor, places: Places): tf.Tensor2D;
};

/** What `attentionByProducts` is made of. */
type Means = Pick<Kernels, 'product' | 'drop'> & Heads;

/** Attention by batched products over all positions, whose weights are kept for the gradient. */
export function attentionByProducts({
  product,
  drop,
  splitHeads: split,
  mergeHeads: merge,
}: Means): Pick<Kernels, 'attend' | 'attendGradients'> {
  const dropped = (probs: tf.Tensor, { kept, rate }: AttentionOf) => (kept ? drop(probs, kept, rate) : probs);

  return {
    attend({ queries, keys, values }, of) {
      const { own, other, heads, mask, temperature, kept } = of;
      return tf.tidy(() => {
        const [q_BHQd, k_BHKd, v_BHKd] = [
          split(queries, own, heads),
          split(keys, other, heads),
          split(values, other, heads),
        ];
        const probs_BHQK = softmax(product(q_BHQd, k_BHKd, false, true), mask, temperature);
        const value = merge(product(dropped(probs_BHQK, of), v_BHKd, false, false), own);
        const packed = [own, other].flatMap(({ packed }) => (packed ? [packed.positions, packed.rows] : []));
        return { value, saved: [q_BHQd, k_BHKd, v_BHKd, probs_BHQK, ...packed, ...(kept ? [kept] : [])] };
      });
    },

    attendGradients(saved, dy, options) {
      const [q, k, v, probs, ...rest] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
      const restored = (places: Places): Places => {
        if (!places.packed) return places;
        const [positions, rows] = rest.splice(0, 2) as [tf.Tensor1D, tf.Tensor1D];
        return { ...places, packed: { positions, rows } };
      };
      const [own, other] = [restored(options.own), restored(options.other)];
      const of = { ...options, kept: rest[0] };
      return tf.tidy(() => {
        const dHeads = split(dy, own, of.heads);
        const dValues = merge(product(dropped(probs, of), dHeads, true, false), other);
        const dScores = softmaxGradient(probs, product(dHeads, v, false, true), of);
        return {
          dQueries: merge(product(dScores, k, false, false), own),
          dKeys: merge(product(dScores, q, true, false), other),
          dValues,
        };
      });
    },
  };

  /** Through dropout, softmax and temperature. */
  function softmaxGradient(probs: tf.Tensor, dDropped: tf.Tensor, of: AttentionOf): tf.Tensor {
    return tf.tidy(() => {
      const along = tf.mul(dropped(probs, of), dDropped);
      return tf.mul(tf.sub(along, tf.mul(probs, tf.sum(along, -1, true))), of.temperature);
    });
  }
}

/** Of scores [B, H, Q, K] times the temperature, where the mask [B, K] is open. */
function softmax(scores: tf.Tensor, mask: tf.Tensor2D, temperature: number): tf.Tensor {
  const [B, K] = mask.shape;
  return tf.tidy(() => {
    const closed = tf.reshape(tf.mul(tf.sub(1, mask), -1e9), [B, 1, 1, K]);
    return tf.softmax(tf.add(tf.mul(scores, temperature), closed));
  });
}

/** By plain operations. */
export function plainHeads(takeRows: Kernels['takeRows']): Heads {
  return {
    splitHeads: (rows, { B, T, packed }, H) =>
      tf.tidy(() => {
        const all = tf.reshape(packed ? takeRows(rows, packed.rows) : rows, [B, T, H, rows.shape[1]! / H]);
        return tf.transpose(all, [0, 2, 1, 3]) as tf.Tensor4D;
      }),
    mergeHeads: (heads, { packed }) =>
      tf.tidy(() => {
        const [B, H, T, d] = heads.shape as [number, number, number, number];
        const all = tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [B * T, H * d]) as tf.Tensor2D;
        return packed ? takeRows(all, packed.positions) : all;
      }),
  };
}
