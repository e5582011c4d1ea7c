import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check';
import { knownLabels } from './known-labels';
import { meanOverPresent } from './mean-over-present';

// B batch, C emotions

export type EmotionLossOptions = {
  /** `bce`: a sigmoid an emotion and binary cross-entropy. `softmax-ce`: equation 6 as written, over softmax probabilities. */
  kind: 'bce' | 'softmax-ce';
  /**
   * [C], all 1 by default. Multiplies the terms of an emotion that is present, and no other: for `bce` PyTorch's `pos_weight`
   * (absent over present samples makes both sides count equally). The mean still divides by the number of samples, not of weights.
   */
  classWeights?: readonly number[];
  /** Gamma >= 0 of the focal loss (Lin et al., 2017): a term counts (1 - p)^gamma, p the probability given to the truth. 0 by default. */
  focal?: number;
};

/**
 * The multi-label loss of emotion recognition, averaged over the labelled samples (and, for `bce`, over the C emotions); 0, with
 * zero gradient, where none is labelled.
 *
 * @param logits [B, C]
 * @param labels [B, C], 0 or 1; anything, NaN too, where not present
 * @param present [B], 1 = labelled, 0 = not
 * @throws If the shapes differ, or at a negative weight or gamma.
 * @see MMoLRE, equation 6: it has the positive term alone, which sigmoids satisfy by saying yes to everything; hence `bce` by default.
 */
export function emotionLoss(
  logits: tf.Tensor2D,
  labels: tf.Tensor2D,
  present: tf.Tensor1D,
  { kind, classWeights, focal = 0 }: EmotionLossOptions,
): tf.Scalar {
  const [B, C] = logits.shape;
  checkSameShape('emotionLoss labels', labels, logits);
  checkSameShape('emotionLoss present', present, [B]);
  if (classWeights) checkWeights(classWeights, C);
  if (!(focal >= 0)) throw new Error(`emotionLoss focal: expected a gamma of 0 or more, got ${focal}`);
  return tf.tidy(() => {
    const known = knownLabels(labels, present);
    const perSample =
      kind === 'bce'
        ? tf.mean(binaryCrossEntropy(logits, known, classWeights, focal), 1)
        : softmaxCrossEntropy(logits, weighted(known, classWeights), focal);
    return meanOverPresent(perSample as tf.Tensor1D, present);
  });
}

const weighted = (labels: tf.Tensor2D, classWeights?: readonly number[]) =>
  classWeights ? (tf.mul(labels, tf.tensor1d([...classWeights])) as tf.Tensor2D) : labels;

function binaryCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor2D,
  classWeights: readonly number[] | undefined,
  gamma: number,
): tf.Tensor2D {
  if (!classWeights && gamma === 0) {
    // max(z, 0) - z·y + log(1 + exp(-|z|)): no overflow for any logit.
    return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, labels)), softplusTail(logits));
  }
  const [ifPresent, ifAbsent] = [softplus(tf.neg(logits)), softplus(logits)]; // -log p and -log(1 - p)
  // (1 - p)^gamma as exp(gamma · log(1 - p)): what the one side needs is the other side's loss.
  const focal = (loss: tf.Tensor2D, other: tf.Tensor2D) =>
    gamma === 0 ? loss : (tf.mul(loss, tf.exp(tf.mul(other, -gamma))) as tf.Tensor2D);
  const present = tf.mul(weighted(labels, classWeights), focal(ifPresent, ifAbsent));
  return tf.add(present, tf.mul(tf.sub(1, labels), focal(ifAbsent, ifPresent))) as tf.Tensor2D;
}

/** log(1 + exp(-|z|)), to 1e-7: wasm's log1p is exact no further. */
const softplusTail = (z: tf.Tensor2D): tf.Tensor2D => tf.log1p(tf.exp(tf.neg(tf.abs(z))));

/** log(1 + exp(z)), without overflow. */
const softplus = (z: tf.Tensor2D): tf.Tensor2D => tf.add(tf.relu(z), softplusTail(z));

function softmaxCrossEntropy(logits: tf.Tensor2D, positive: tf.Tensor2D, gamma: number): tf.Tensor1D {
  const logProbabilities = tf.logSoftmax(logits);
  const loss = tf.mul(positive, logProbabilities);
  if (gamma === 0) return tf.neg(tf.sum(loss, 1));
  const rest = tf.maximum(tf.sub(1, tf.exp(logProbabilities)), 1e-7); // its logarithm and gradient stay finite
  return tf.neg(tf.sum(tf.mul(loss, tf.exp(tf.mul(tf.log(rest), gamma))), 1));
}

/** The probabilities that the loss trains: [B, C] of 0 .. 1. */
export function emotionProbabilities(logits: tf.Tensor2D, kind: EmotionLossOptions['kind']): tf.Tensor2D {
  return kind === 'bce' ? tf.sigmoid(logits) : tf.softmax(logits);
}

/** An emotion counts as present above this probability unless thresholds are chosen: 0.5, or 1 / C for a softmax. */
export function defaultThreshold(kind: EmotionLossOptions['kind'], numEmotions: number): number {
  return kind === 'bce' ? 0.5 : 1 / numEmotions;
}

function checkWeights(weights: readonly number[], C: number): void {
  if (weights.length !== C) throw new Error(`emotionLoss classWeights: expected ${C} numbers, got ${weights.length}`);
  const wrong = weights.find((weight) => !(weight >= 0));
  if (wrong !== undefined) throw new Error(`emotionLoss classWeights: expected numbers of 0 or more, got ${wrong}`);
}
