import {
  type Activation,
  activationKernel,
  convolve,
  convolveGradients,
  type GroupedConv1dOptions,
  oneNode,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { ConvParams } from './data2vec-audio-params';

// B batch, T frames, D dModel

/** Added to the variance by the layer norms beside convolutions, whatever the configuration says of the others. */
export const CONV_EPSILON = 1e-5;

/**
 * A positional convolution of Data2Vec-audio: grouped, as long as its input, followed by a layer norm without weights and the activation. One
 * node of the tape, its gradient written by hand.
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
  const [K] = weight.shape;
  // An even kernel has one frame too many with K / 2 of padding at both ends; the original drops the last.
  const options: GroupedConv1dOptions = { groups, padding: [Math.floor(K / 2), Math.floor((K - 1) / 2)] };
  const { value: activate, both } = activationKernel(activation);
  return oneNode<tf.Tensor3D>(bias ? [x, weight, bias] : [x, weight], (save) => {
    const [unit, scale] = tf.tidy(() => {
      const y = convolve(x, weight, bias, options);
      const centred = tf.sub(y, tf.mean(y, -1, true));
      const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), CONV_EPSILON));
      return [tf.mul(centred, scale), scale];
    }) as [tf.Tensor3D, tf.Tensor3D];
    save([x, weight, unit, scale]);
    const gradient = (dy: tf.Tensor3D, [x, weight, unit, scale]: tf.Tensor[]) => {
      const dConv = tf.tidy(() => {
        const dUnit = both(unit!).gradient(dy);
        const along = tf.mul(unit!, tf.mean(tf.mul(dUnit, unit!), -1, true));
        return tf.mul(scale!, tf.sub(tf.sub(dUnit, tf.mean(dUnit, -1, true)), along)) as tf.Tensor3D;
      });
      const grads = convolveGradients(x as tf.Tensor3D, weight as tf.Tensor3D, dConv, options);
      return bias ? [...grads, tf.sum(dConv, [0, 1])] : grads;
    };
    return { value: tf.tidy(() => activate(unit)) as tf.Tensor3D, gradient };
  });
}
