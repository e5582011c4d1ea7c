import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check';
import { knownLabels } from './known-labels';
import { meanOverPresent } from './mean-over-present';

// B batch, C emotions

export type EmotionLossOptions = {
  /**
   * `bce`: a sigmoid an emotion and binary cross-entropy. `softmax-ce`: equation 6 as written, over softmax probabilities. `category-ce`:
   * cross-entropy over the emotions and, as a category of its own, none of them; a sample's emotions share its probability evenly.
   */
  kind: 'bce' | 'softmax-ce' | 'category-ce';
  /**
   * [C], or [C + 1] for `category-ce`, all 1 by default. Multiplies the terms of an emotion that is present, and no other: for `bce` PyTorch's
   * `pos_weight` (absent over present samples makes both sides count equally). The mean still divides by the number of samples, not of weights.
   */
  classWeights?: readonly number[];
  /** Gamma >= 0 of the focal loss (Lin et al., 2017): a term counts (1 - p)^gamma, p the probability given to the truth. 0 by default. */
  focal?: number;
  /** 0 .. 1, 0 by default: so much of every label is spread evenly, over presence and absence for `bce`, else over the categories. */
  smoothing?: number;
};

/** Logits that a head has for C emotions. */
export const emotionLogits = (kind: EmotionLossOptions['kind'], numEmotions: number): number =>
  kind === 'category-ce' ? numEmotions + 1 : numEmotions;

/**
 * The multi-label loss of emotion recognition, averaged over the labelled samples (and, for `bce`, over the C emotions); 0, with
 * zero gradient, where none is labelled.
 *
 * @param logits [B, C], or [B, C + 1] for `category-ce`, the last one for none
 * @param labels [B, C], 0 or 1; anything, NaN too, where not present
 * @param present [B], 1 = labelled, 0 = not
 * @throws If the shapes differ, or at a negative weight or gamma, or a smoothing outside 0 .. 1.
 * @see MMoLRE, equation 6: it has the positive term alone, which sigmoids satisfy by saying yes to everything; hence `bce` by default.
 */
export function emotionLoss(
  logits: tf.Tensor2D,
  labels: tf.Tensor2D,
  present: tf.Tensor1D,
  { kind, classWeights, focal = 0, smoothing = 0 }: EmotionLossOptions,
): tf.Scalar {
  const [B, K] = logits.shape;
  checkSameShape('emotionLoss labels', labels, [B, kind === 'category-ce' ? K - 1 : K]);
  checkSameShape('emotionLoss present', present, [B]);
  if (classWeights) checkWeights(classWeights, K);
  if (!(focal >= 0)) throw new Error(`emotionLoss focal: expected a gamma of 0 or more, got ${focal}`);
  if (!(smoothing >= 0 && smoothing <= 1)) throw new Error(`emotionLoss smoothing: expected 0 .. 1, got ${smoothing}`);
  return tf.tidy(() => {
    const known = knownLabels(labels, present);
    const smooth = (targets: tf.Tensor2D, sides: number): tf.Tensor2D =>
      smoothing === 0 ? targets : tf.add(tf.mul(targets, 1 - smoothing), smoothing / sides);
    const crossEntropy = {
      bce: () => tf.mean(binaryCrossEntropy(logits, smooth(known, 2), classWeights, focal), 1),
      'softmax-ce': () => softmaxCrossEntropy(logits, weighted(smooth(known, K), classWeights), focal),
      'category-ce': () => softmaxCrossEntropy(logits, weighted(smooth(categories(known), K), classWeights), focal),
    };
    const perSample = crossEntropy[kind]();
    return meanOverPresent(perSample as tf.Tensor1D, present);
  });
}

/** [B, C] of 0 and 1 -> [B, C + 1], each row's probability of every emotion and of none. */
function categories(labels: tf.Tensor2D): tf.Tensor2D {
  const count = tf.sum(labels, 1, true);
  const none = tf.sub(1, tf.minimum(count, 1));
  return tf.concat([tf.div(labels, tf.maximum(count, 1)), none], 1) as tf.Tensor2D;
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

/**
 * What an emotion's threshold is compared with: [B, C] of 0 .. 1. The probabilities that the loss trains; for `category-ce` each emotion's
 * probability where only it and its strongest rival, none among them, were possible: above a half for the most probable category alone.
 */
export function emotionProbabilities(logits: tf.Tensor2D, kind: EmotionLossOptions['kind']): tf.Tensor2D {
  if (kind === 'bce') return tf.sigmoid(logits);
  if (kind === 'softmax-ce') return tf.softmax(logits);
  return tf.tidy(() => {
    const [B, K] = logits.shape;
    const others = tf.add(tf.expandDims(logits, 1), tf.mul(tf.eye(K), -FAR));
    return tf.slice(tf.sigmoid(tf.sub(logits, tf.max(others, 2))), [0, 0], [B, K - 1]) as tf.Tensor2D;
  });
}

/** Below any logit, and far from where single precision ends. */
const FAR = 1e9;

/** An emotion counts as present above this probability unless thresholds are chosen: 0.5, or 1 / C for `softmax-ce`. */
export function defaultThreshold(kind: EmotionLossOptions['kind'], numEmotions: number): number {
  return kind === 'softmax-ce' ? 1 / numEmotions : 0.5;
}

function checkWeights(weights: readonly number[], C: number): void {
  if (weights.length !== C) throw new Error(`emotionLoss classWeights: expected ${C} numbers, got ${weights.length}`);
  const wrong = weights.find((weight) => !(weight >= 0));
  if (wrong !== undefined) throw new Error(`emotionLoss classWeights: expected numbers of 0 or more, got ${wrong}`);
}
