import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check';
import { knownLabels } from './known-labels';
import { meanOverPresent } from './mean-over-present';

/**
 * Mean absolute error over the samples that have a label; 0, with zero gradient, where none has.
 *
 * @param predictions [B]
 * @param labels [B], on -3 .. +3; anything, NaN too, where not present
 * @param present [B], 1 = labelled, 0 = not
 * @throws If the shapes differ.
 * @see MMoLRE, equation 5
 */
export function sentimentLoss(predictions: tf.Tensor1D, labels: tf.Tensor1D, present: tf.Tensor1D): tf.Scalar {
  checkSameShape('sentimentLoss labels', labels, predictions);
  checkSameShape('sentimentLoss present', present, predictions);
  return tf.tidy(() => meanOverPresent(tf.abs(tf.sub(predictions, knownLabels(labels, present))), present));
}
