import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check';

/**
 * Several losses as one, their weights learnt: sum of exp(-s) · loss + s, s = log of a loss's variance, trained with the model.
 *
 * This is the form of Kendall, Gal and Cipolla (2018) without their factors of 1/2, which differ by kind of task and move only where
 * s settles: at log(loss). With s = 0, where it starts, it is the plain sum. It may be negative.
 *
 * @param losses one scalar a task, n of them
 * @param logVariances [n]
 * @param share Of a batch that the losses are of, 0 .. 1, where it is computed in parts whose losses are added up: 1, all of it.
 * @throws If their numbers differ.
 */
export function uncertaintyWeighting(losses: readonly tf.Scalar[], logVariances: tf.Tensor1D, share = 1): tf.Scalar {
  checkSameShape('uncertaintyWeighting logVariances', logVariances, [losses.length]);
  return tf.tidy(() => {
    const weighted = tf.mul(tf.stack([...losses]), tf.exp(tf.neg(logVariances)));
    return tf.sum(tf.add(weighted, tf.mul(logVariances, share)));
  });
}
