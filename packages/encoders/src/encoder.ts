import type { Mode, Params, Sequence } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';

/**
 * Turns texts or waveforms into vectors: `Encoder<string>`, or `Encoder<Float32Array>` of mono samples at 16 kHz in -1 .. 1.
 *
 * @typeParam Item What a user has: a string, or samples at 16 kHz.
 * @typeParam Input The padded batch that `encode` reads; whoever made it disposes it.
 */
export type Encoder<Item = unknown, Input extends tf.TensorContainer = tf.TensorContainer> = {
  dModel: number;
  params: Params;
  /** Pads a batch to its longest item. Nothing in it can be trained, so it belongs outside the gradient. */
  prepare(items: readonly Item[]): Input;
  /** One vector a position, padded positions 0. */
  encode(input: Input, mode: Mode): Sequence;
};

/** ids int32 [B, T] and mask [B, T], 1 = real token. */
export type TextInput = { ids: tf.Tensor2D; mask: tf.Tensor2D };

/** Frames [B, T, M] (or samples [B, T, 1]) and mask [B, T], 1 = real frame. */
export type AudioInput = { frames: tf.Tensor3D; mask: tf.Tensor2D };
