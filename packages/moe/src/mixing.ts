import type * as tf from '@tensorflow/tfjs';
import type { GateTensor } from './gates';
import type { SharedExpertsParams } from './shared-experts';

// B batch, T time, D dModel, N experts

/** Shared experts, as a form computes them. */
export type Mixing = {
  params: SharedExpertsParams;
  ranks: readonly number[];
  activation: <T extends tf.Tensor>(hidden: T) => T;
  /** [B, T], 1 = real frame */ mask: tf.Tensor2D;
};

/** One thing to compute: Σ over n of gates[..., n] · expert n (x). Requests that name the same tensor x share its hidden units. */
export type Request = {
  /** [B, T, D] */
  x: tf.Tensor3D;
  /** [B, N], or [B, T, N], which `sparse` does not take */
  gates: GateTensor;
};
