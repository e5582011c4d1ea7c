import type { Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { initLowRankExpert, type LowRankExpertConfig, type LowRankExpertParams } from './low-rank-expert';

// D dModel, N experts, S = R1 + .. + RN, the sum of their ranks

/**
 * The shared experts of a block, joined along the rank axis; `ranks` in the configuration says where one ends. A rank of 0 is an
 * expert that was pruned: it has no weights, a bias of zero, and gives nothing.
 */
export type SharedExpertsParams = {
  /** [3, D, S] */ down: tf.Tensor3D;
  /** [S] */ downBias: tf.Tensor1D;
  /** [S, D], or [3, S, D] if the second convolution sees three frames */ up: tf.Tensor2D | tf.Tensor3D;
  /** [N, D] */ upBias: tf.Tensor2D;
};

export function initSharedExperts(
  { ranks, ...config }: Omit<LowRankExpertConfig, 'rank'> & { ranks: readonly number[] },
  rng: Rng,
): SharedExpertsParams {
  const experts = ranks.map((rank) => initLowRankExpert({ ...config, rank }, rng));
  const joined = joinExperts(experts);
  tf.dispose(experts);
  return joined;
}

/** Joins experts of any ranks into the tree that the fused form reads. New tensors. */
export function joinExperts(experts: readonly LowRankExpertParams[]): SharedExpertsParams {
  const each = <T extends tf.Tensor>(pick: (expert: LowRankExpertParams) => T) => experts.map(pick);
  const ups = each((e) => e.up as tf.Tensor);
  return {
    down: tf.concat(
      each((e) => e.down),
      2,
    ),
    downBias: tf.concat(each((e) => e.downBias)),
    up: tf.concat(ups, ups[0]!.rank - 2) as tf.Tensor2D | tf.Tensor3D,
    upBias: tf.stack(each((e) => e.upBias)) as tf.Tensor2D,
  };
}

/** The inverse of `joinExperts`: one tree an expert. New tensors. */
export function splitExperts(params: SharedExpertsParams, ranks: readonly number[]): LowRankExpertParams[] {
  const [N, D] = params.upBias.shape;
  const rank = params.up.rank;
  const upBias = pieces(params.upBias, N).map((row) => tf.reshape(row, [D]) as tf.Tensor1D);
  // Not every backend can split off a part of size 0.
  const sizes = ranks.filter((rank) => rank > 0);
  const down = pieces(params.down, sizes, 2) as tf.Tensor3D[];
  const downBias = pieces(params.downBias, sizes) as tf.Tensor1D[];
  const up = pieces(params.up, sizes, rank - 2) as tf.Tensor2D[];
  let next = 0;
  return ranks.map((size, n) => {
    if (size === 0) return { ...emptyExpert(D, rank), upBias: upBias[n]! };
    const i = next++;
    return { down: down[i]!, downBias: downBias[i]!, up: up[i]!, upBias: upBias[n]! };
  });
}

function emptyExpert(D: number, upRank: number) {
  return {
    down: tf.zeros<tf.Rank.R3>([3, D, 0]),
    downBias: tf.zeros<tf.Rank.R1>([0]),
    up: upRank === 2 ? tf.zeros<tf.Rank.R2>([0, D]) : tf.zeros<tf.Rank.R3>([3, 0, D]),
  };
}

/** `tf.split`, whose gradient fails where there is only one piece. */
export function pieces(x: tf.Tensor, sizes: number[] | number, axis = 0): tf.Tensor[] {
  const count = typeof sizes === 'number' ? sizes : sizes.length;
  if (count === 0) return [];
  return count === 1 ? [x.clone()] : tf.split(x, sizes, axis);
}
