import { type Activation, activations, groupedConv1d, layerNorm } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { ConvParams } from './data2vec-audio-params';

// B batch, T frames, D dModel

/** Added to the variance by the layer norms beside convolutions, whatever the configuration says of the others. */
export const CONV_EPSILON = 1e-5;

/**
 * A positional convolution of Data2Vec-audio: grouped, as long as its input, followed by a layer norm without weights and the activation.
 *
 * @param x [B, T, D]
 * @returns [B, T, D]
 */
export function positionalConv(
  { weight, bias }: ConvParams,
  x: tf.Tensor3D,
  groups: number,
  activation: Activation,
): tf.Tensor3D {
  const [K, , D] = weight.shape;
  // An even kernel has one frame too many with K / 2 of padding at both ends; the original drops the last.
  const padding = [Math.floor(K / 2), Math.floor((K - 1) / 2)] as const;
  return tf.tidy(() => {
    const without = { weight: tf.ones<tf.Rank.R1>([D]), bias: tf.zeros<tf.Rank.R1>([D]) };
    return activations[activation](
      layerNorm(without, groupedConv1d(x, weight, bias, { groups, padding }), CONV_EPSILON),
    );
  });
}
