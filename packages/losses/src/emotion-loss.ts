import * as tf from '@tensorflow/tfjs';

// B batch, C emotions

export type EmotionLossOptions = {
  /** `bce`: a sigmoid an emotion and binary cross-entropy. `softmax-ce`: equation 6 as written, over softmax probabilities. */
  kind: 'bce' | 'softmax-ce';
};

/**
 * The multi-label loss of emotion recognition, averaged over the labelled samples (and, for `bce`, over the C emotions); 0, with
 * zero gradient, where none is labelled.
 *
 * @param logits [B, C]
 * @param labels [B, C], 0 or 1
 * @param present [B], 1 = labelled
 * @see MMoLRE, equation 6: it has the positive term alone, which sigmoids satisfy by saying yes to everything; hence `bce` by default.
 */
export function emotionLoss(
  logits: tf.Tensor2D,
  labels: tf.Tensor2D,
  present: tf.Tensor1D,
  { kind }: EmotionLossOptions,
): tf.Scalar {
  return tf.tidy(() => {
    const perSample = kind === 'bce' ? tf.mean(binaryCrossEntropy(logits, labels), 1) : softmaxCrossEntropy(logits, labels);
    return tf.div(tf.sum(tf.mul(perSample, present)), tf.maximum(tf.sum(present), 1));
  });
}

/** max(z, 0) - z·y + log(1 + exp(-|z|)): no overflow for any logit. */
function binaryCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor2D {
  const tail = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, labels)), tail);
}

function softmaxCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1));
}

/** The probabilities that the loss trains: [B, C] of 0 .. 1. */
export function emotionProbabilities(logits: tf.Tensor2D, kind: EmotionLossOptions['kind']): tf.Tensor2D {
  return kind === 'bce' ? tf.sigmoid(logits) : tf.softmax(logits);
}

/** An emotion counts as present above this probability unless thresholds are chosen: 0.5, or 1 / C for a softmax. */
export function defaultThreshold(kind: EmotionLossOptions['kind'], numEmotions: number): number {
  return kind === 'bce' ? 0.5 : 1 / numEmotions;
}
