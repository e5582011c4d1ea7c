import { unitLength } from '@mmolre/encoders';
import { assertShape, matMul } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

// B batch, D dModel, C candidates: B, or 2B with hard negatives

/** Vectors of a batch: row i of each belongs to the same sentence. */
export type ContrastiveBatch = {
  /** [B, D] */ anchors: tf.Tensor2D;
  /** [B, D], each anchor's own; the others of the batch are what it must not be taken for. */
  positives: tf.Tensor2D;
  /** [B, D], a contradiction a row; anchors keep away from all of them. */
  hardNegatives?: tf.Tensor2D | undefined;
};

/**
 * InfoNCE over cosines: the mean over anchors of -log softmax(cos(anchor, candidate) / temperature) at the anchor's own positive.
 *
 * @param temperature Above 0; SimCSE's is 0.05.
 * @returns A scalar, 0 or more.
 * @see Gao et al., 2021 (SimCSE), equations 1 and 5.
 */
export function contrastiveLoss(batch: ContrastiveBatch, temperature: number): tf.Scalar {
  const { anchors, positives, hardNegatives } = batch;
  const [B, D] = anchors.shape;
  assertShape(positives, [B, D], 'contrastiveLoss positives');
  if (hardNegatives) assertShape(hardNegatives, [B, D], 'contrastiveLoss hardNegatives');
  return tf.tidy(() => {
    const anchors_BD = unitLength(anchors);
    const positives_BD = unitLength(positives);
    const candidates_CD = hardNegatives ? tf.concat([positives_BD, unitLength(hardNegatives)]) : positives_BD;
    const logits_BC = tf.div(matMul(anchors_BD, candidates_CD, false, true), temperature);
    const own_B = tf.div(tf.sum(tf.mul(anchors_BD, positives_BD), 1), temperature);
    return tf.mean(tf.sub(tf.logSumExp(logits_BC, 1), own_B)) as tf.Scalar;
  });
}
