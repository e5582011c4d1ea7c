import { assertShape, conv1d, kaimingUniform, linear, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { TASK_MOE_DEFAULTS } from './defaults';

// B batch, T time, D dModel, R rank

export type LowRankExpertConfig = {
  dModel: number;
  /** Inner width R: the expert holds 4·D·R weights where a full-rank one (R = D) holds 4·D². */
  rank: number;
  /** Frames that the second convolution sees. The paper's published costs say 1, which is the default; its text can be read as 3. */
  upKernel?: 1 | 3;
};

export type LowRankExpertParams = {
  /** [3, D, R] */ down: tf.Tensor3D;
  /** [R] */ downBias: tf.Tensor1D;
  /** [R, D], or [3, R, D] if the second convolution sees three frames */ up: tf.Tensor2D | tf.Tensor3D;
  /** [D] */ upBias: tf.Tensor1D;
};

/** Kaiming-uniform weights, zero biases, as MLoRE starts its experts. */
export function initLowRankExpert(config: LowRankExpertConfig, rng: Rng): LowRankExpertParams {
  const { dModel: D, rank: R, upKernel = TASK_MOE_DEFAULTS.upKernel } = config;
  return {
    down: kaimingUniform<tf.Rank.R3>([3, D, R], 3 * D, rng),
    downBias: tf.zeros<tf.Rank.R1>([R]),
    up:
      upKernel === 1
        ? kaimingUniform<tf.Rank.R2>([R, D], R, rng)
        : kaimingUniform<tf.Rank.R3>([upKernel, R, D], upKernel * R, rng),
    upBias: tf.zeros<tf.Rank.R1>([D]),
  };
}

/**
 * One expert: a convolution over three frames into R channels, then a pointwise one back to D.
 *
 * @param x [B, T, D]; padded frames are zero.
 * @param activation Between the two. The paper names none, and the experts of MLoRE, which it follows, are linear.
 * @param mask [B, T], 1 = real frame; needed only where the second convolution sees neighbours.
 * @returns [B, T, D]
 * @throws If x's last axis is not D.
 * @see MMoLRE, section III-B
 */
export function lowRankExpert(
  params: LowRankExpertParams,
  x: tf.Tensor3D,
  activation: (hidden: tf.Tensor3D) => tf.Tensor3D = (hidden) => hidden,
  mask?: tf.Tensor2D,
): tf.Tensor3D {
  assertShape(x, ['B', 'T', params.down.shape[1]], 'lowRankExpert x');
  return tf.tidy(() => up(params.up, activation(conv1d(x, params.down, params.downBias)), params.upBias, mask));
}

/** The second convolution: pointwise, or over three frames, of which padded ones count as zero. */
export function up(
  weight: tf.Tensor2D | tf.Tensor3D,
  hidden: tf.Tensor3D,
  bias: tf.Tensor1D,
  mask?: tf.Tensor2D,
): tf.Tensor3D {
  if (weight.rank === 2) return linear(hidden, weight as tf.Tensor2D, bias);
  return conv1d(mask ? tf.mul(hidden, tf.expandDims(mask, 2)) : hidden, weight as tf.Tensor3D, bias);
}
