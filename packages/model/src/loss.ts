import { emotionLoss, sentimentLoss } from '@mmolre/losses';
import * as tf from '@tensorflow/tfjs';
import type { ModelConfig } from './config';
import { type MmolreOutput, MODALITIES, type Modality, type Scores } from './mmolre';

/** Labels of a batch; `…Present` [B] is 0 for a sample without that label. */
export type Labels = {
  /** [B], -3 .. +3 */ sentiment: tf.Tensor1D;
  sentimentPresent: tf.Tensor1D;
  /** [B, C], 0 or 1 */ emotion: tf.Tensor2D;
  emotionPresent: tf.Tensor1D;
};

/** The fused heads' two losses, equally weighted. @see MMoLRE, section III-D */
export function taskLoss(scores: Scores, labels: Labels, config: ModelConfig, present?: tf.Tensor1D): tf.Scalar {
  const here = (labelled: tf.Tensor1D) => (present ? (tf.mul(labelled, present) as tf.Tensor1D) : labelled);
  return tf.tidy(() =>
    tf.add(
      sentimentLoss(scores.sentiment, labels.sentiment, here(labels.sentimentPresent)),
      emotionLoss(scores.emotion, labels.emotion, here(labels.emotionPresent), { kind: config.emotionLoss }),
    ),
  );
}

/** What training minimises: `taskLoss`, the auxiliary heads' on the samples that show their modality, and the experts' balance. */
export function trainingLoss(
  output: MmolreOutput,
  labels: Labels,
  present: Record<Modality, tf.Tensor1D>,
  config: ModelConfig,
): tf.Scalar {
  return tf.tidy(() => {
    const terms: tf.Scalar[] = [taskLoss(output, labels, config)];
    for (const modality of MODALITIES) {
      if (output.auxiliary) {
        const alone = taskLoss(output.auxiliary[modality], labels, config, present[modality]);
        terms.push(tf.mul(alone, config.auxiliaryWeight));
      }
      if (config.unitse.balanceWeight === 0) continue;
      for (const block of output.blocks[modality]) {
        for (const { balanceLoss } of Object.values(block))
          terms.push(tf.mul(balanceLoss, config.unitse.balanceWeight));
      }
    }
    return tf.addN(terms);
  });
}
