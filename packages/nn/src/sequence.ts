import type * as tf from '@tensorflow/tfjs';

/** A padded batch of sequences of vectors: what encoders give and a fusion reads. */
export type Sequence = {
  /** [B, T, D], padded positions 0 */ hidden: tf.Tensor3D;
  /** [B, T], 1 = real position */ mask: tf.Tensor2D;
};
