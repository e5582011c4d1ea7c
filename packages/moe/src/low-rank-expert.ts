import { assertShape, conv1d, kaimingUniform, linear, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// B batch, T time, D dModel, R rank

export type LowRankExpertConfig = {
  dModel: number;
  /** Inner width R: the expert holds 4·D·R weights where a full-rank one holds 4·D². */
  rank: number;
};

export type LowRankExpertParams = {
  /** [3, D, R] */ down: tf.Tensor3D;
  /** [R] */ downBias: tf.Tensor1D;
  /** [R, D] */ up: tf.Tensor2D;
  /** [D] */ upBias: tf.Tensor1D;
};

/** Kaiming-uniform weights, zero biases, as MLoRE starts its experts. */
export function initLowRankExpert({ dModel: D, rank: R }: LowRankExpertConfig, rng: Rng): LowRankExpertParams {
  return {
    down: kaimingUniform<tf.Rank.R3>([3, D, R], 3 * D, rng),
    downBias: tf.zeros<tf.Rank.R1>([R]),
    up: kaimingUniform<tf.Rank.R2>([R, D], R, rng),
    upBias: tf.zeros<tf.Rank.R1>([D]),
  };
}

/**
 * One expert: a convolution over three frames into R channels, then a pointwise one back to D.
 *
 * @param x [B, T, D]; padded frames are zero.
 * @returns [B, T, D]
 * @throws If x's last axis is not D.
 * @see MMoLRE, section III-B. Linear, like the experts of MLoRE; the paper names no activation.
 */
export function lowRankExpert(
  params: LowRankExpertParams,
  x: tf.Tensor3D,
  activation: (hidden: tf.Tensor3D) => tf.Tensor3D = (hidden) => hidden,
): tf.Tensor3D {
  assertShape(x, ['B', 'T', params.down.shape[1]], 'lowRankExpert x');
  return tf.tidy(() => {
    const h_BTR = activation(conv1d(x, params.down, params.downBias));
    return linear(h_BTR, params.up, params.upBias);
  });
}
