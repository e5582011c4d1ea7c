import type { Metric } from './basics';
import { checkSameLength } from './check';

/** The confusion matrix of two classes. */
export type BinaryCounts = {
  /** Predicted and present. */ tp: number;
  /** Predicted, not present. */ fp: number;
  /** Not predicted, present. */ fn: number;
  /** Neither. */ tn: number;
};

export type BinaryScores = {
  accuracy: Metric;
  /** F1 of both classes, weighted by how often the labels have them: what the literature means. */ weightedF1: Metric;
  /** The same, weighted by how often they are predicted: the known mistake. */ weightedF1ByPrediction: Metric;
  /** F1 of the positive class alone. */ f1: Metric;
};

/** How often each of the four cases occurs. */
export function binaryCounts(predicted: readonly boolean[], present: readonly boolean[]): BinaryCounts {
  checkSameLength('binaryCounts', predicted, present);
  const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
  present.forEach((is, i) => {
    if (predicted[i]) counts[is ? 'tp' : 'fp'] += 1;
    else counts[is ? 'fn' : 'tn'] += 1;
  });
  return counts;
}

/** The scores that follow from the counts; all undefined where the labels are of one class. */
export function binaryScores({ tp, fp, fn, tn }: BinaryCounts): BinaryScores {
  const [positives, negatives] = [tp + fn, fp + tn];
  if (positives === 0 || negatives === 0)
    return { accuracy: undefined, weightedF1: undefined, weightedF1ByPrediction: undefined, f1: undefined };
  const count = positives + negatives;
  const f1 = (2 * tp) / (2 * tp + fp + fn);
  const f1OfNegatives = (2 * tn) / (2 * tn + fp + fn);
  return {
    accuracy: (tp + tn) / count,
    weightedF1: (positives * f1 + negatives * f1OfNegatives) / count,
    weightedF1ByPrediction: ((tp + fp) * f1 + (fn + tn) * f1OfNegatives) / count,
    f1,
  };
}
