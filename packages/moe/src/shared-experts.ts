import { conv1d, linear, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { initLowRankExpert, type LowRankExpertParams } from './low-rank-expert';

// B batch, T time, D dModel, N experts, S = R1 + .. + RN, the sum of their ranks

/** The shared experts of a block, joined along the rank axis; `ranks` in the configuration says where one ends. */
export type SharedExpertsParams = {
  /** [3, D, S] */ down: tf.Tensor3D;
  /** [S] */ downBias: tf.Tensor1D;
  /** [S, D] */ up: tf.Tensor2D;
  /** [N, D] */ upBias: tf.Tensor2D;
};

export function initSharedExperts(dModel: number, ranks: readonly number[], rng: Rng): SharedExpertsParams {
  const experts = ranks.map((rank) => initLowRankExpert({ dModel, rank }, rng));
  const joined = joinExperts(experts);
  tf.dispose(experts);
  return joined;
}

/** The first convolutions of all experts as one. x [B, T, D] -> [B, T, S] */
export function downAll(params: SharedExpertsParams, x: tf.Tensor3D): tf.Tensor3D {
  return conv1d(x, params.down, params.downBias);
}

/**
 * The second convolutions of all experts, weighted by their gates, as one matrix product: each expert's slice of the hidden units
 * is scaled by its gate first. Equal to the sum over experts of gate · expert(x), to rounding.
 *
 * @param hidden_BTS [B, T, S] of `downAll`, after the activation.
 * @param gates_BN [B, N]
 * @returns [B, T, D]
 */
export function mixUp(
  params: SharedExpertsParams,
  hidden_BTS: tf.Tensor3D,
  gates_BN: tf.Tensor2D,
  ranks: readonly number[],
): tf.Tensor3D {
  return tf.tidy(() => {
    const [B, , S] = hidden_BTS.shape;
    const gates_BS = linear(gates_BN, rankSelector(ranks), tf.zeros<tf.Rank.R1>([S]));
    const scaled_BTS = tf.mul(hidden_BTS, tf.reshape(gates_BS, [B, 1, S])) as tf.Tensor3D;
    const D = params.up.shape[1];
    const bias_BD = linear(gates_BN, params.upBias, tf.zeros<tf.Rank.R1>([D]));
    return tf.add(linear(scaled_BTS, params.up, tf.zeros<tf.Rank.R1>([D])), tf.reshape(bias_BD, [B, 1, D]));
  });
}

/** [N, S]: row n is 1 over expert n's hidden units. */
function rankSelector(ranks: readonly number[]): tf.Tensor2D {
  const S = ranks.reduce((sum, rank) => sum + rank, 0);
  const selector = new Float32Array(ranks.length * S);
  let unit = 0;
  ranks.forEach((rank, n) => {
    selector.fill(1, n * S + unit, n * S + unit + rank);
    unit += rank;
  });
  return tf.tensor2d(selector, [ranks.length, S]);
}

/** Joins experts of any ranks into the tree that the fused form reads. New tensors. */
export function joinExperts(experts: readonly LowRankExpertParams[]): SharedExpertsParams {
  return {
    down: tf.concat(
      experts.map((e) => e.down),
      2,
    ),
    downBias: tf.concat(experts.map((e) => e.downBias)),
    up: tf.concat(experts.map((e) => e.up)),
    upBias: tf.stack(experts.map((e) => e.upBias)) as tf.Tensor2D,
  };
}

/** The inverse of `joinExperts`: one tree an expert. New tensors. */
export function splitExperts(params: SharedExpertsParams, ranks: readonly number[]): LowRankExpertParams[] {
  const sizes = [...ranks];
  const down = tf.split(params.down, sizes, 2) as tf.Tensor3D[];
  const downBias = tf.split(params.downBias, sizes) as tf.Tensor1D[];
  const up = tf.split(params.up, sizes) as tf.Tensor2D[];
  const upBias = tf.unstack(params.upBias) as tf.Tensor1D[];
  return ranks.map((_, n) => ({ down: down[n]!, downBias: downBias[n]!, up: up[n]!, upBias: upBias[n]! }));
}
