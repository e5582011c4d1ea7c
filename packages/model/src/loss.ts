import { emotionLoss, sentimentLoss, uncertaintyWeighting } from '@mmolre/losses';
import * as tf from '@tensorflow/tfjs';
import { MODALITIES, type Modality, type ModelConfig, type Task } from './config';
import type { MmolreOutput, MmolreParams } from './mmolre';
import type { Scores } from './scores';

/** Labels of a batch; `…Present` [B] is 0 for a sample without that label. */
export type Labels = {
  /** [B], -3 .. +3 */ sentiment: tf.Tensor1D;
  sentimentPresent: tf.Tensor1D;
  /** [B, C], 0 or 1 */ emotion: tf.Tensor2D;
  emotionPresent: tf.Tensor1D;
};

/** A batch as its loss sees it: the labels, and per modality [B] whether a sample shows it. */
export type Labelled = { labels: Labels; present: Record<Modality, tf.Tensor1D> };

/**
 * One loss for each task of the model, in the tasks' order: the mean over the samples that have the label and, if that is given, are
 * `present` [B].
 *
 * @see MMoLRE, section III-D
 */
export function taskLosses(scores: Scores, labels: Labels, config: ModelConfig, present?: tf.Tensor1D): tf.Scalar[] {
  const here = (labelled: tf.Tensor1D) => (present ? (tf.mul(labelled, present) as tf.Tensor1D) : labelled);
  const losses: Record<Task, () => tf.Scalar> = {
    sentiment: () => sentimentLoss(scores.sentiment!, labels.sentiment, here(labels.sentimentPresent)),
    emotion: () => emotionLoss(scores.emotion!, labels.emotion, here(labels.emotionPresent), emotionOptions(config)),
  };
  return config.tasks.map((task) => losses[task]());
}

function emotionOptions({
  emotionLoss: kind,
  emotionClassWeights: weights,
  emotionFocal: focal,
  emotionSmoothing: smoothing,
}: ModelConfig) {
  if (weights === 'balanced')
    throw new Error('model.emotionClassWeights: expected numbers by now; balanced takes them from the training labels');
  return { kind, focal, smoothing, ...(weights !== 'none' && { classWeights: weights }) };
}

/**
 * What training minimises: the tasks' losses, those of the auxiliary heads on the samples that show their modality, and the experts'
 * balance. With `uncertainty`, each task's losses together are weighted by its variance.
 *
 * @param whole The batch that this is a part of, where it is computed in parts: means are then over the samples of the whole, so that the
 *   losses and gradients of the parts add up to its own.
 * @throws If a part's experts are to be balanced: how evenly a batch uses them is no sum over its samples.
 */
export function trainingLoss(
  output: MmolreOutput,
  labels: Labels,
  present: Record<Modality, tf.Tensor1D>,
  config: ModelConfig,
  logVariances?: MmolreParams['logVariances'],
  whole?: Labelled,
): tf.Scalar {
  if (whole && balancesExperts(config))
    throw new Error(
      'trainingLoss: the balance of the experts is of a whole batch; set model.unitse.balanceWeight to 0',
    );
  return tf.tidy(() => {
    const lossesOf = (scores: Scores, modality?: Modality): tf.Scalar[] => {
      const losses = taskLosses(scores, labels, config, modality && present[modality]);
      if (!whole) return losses;
      const shares = config.tasks.map((task) => shareOf({ labels, present }, whole, task, modality));
      return losses.map((loss, i) => tf.mul(loss, shares[i]!));
    };
    const sets: tf.Scalar[][] = [lossesOf(output)];
    const balances: tf.Scalar[] = [];
    for (const modality of MODALITIES) {
      if (output.auxiliary) {
        const alone = lossesOf(output.auxiliary[modality], modality);
        sets.push(alone.map((loss) => tf.mul(loss, config.auxiliaryWeight)));
      }
      if (!balancesExperts(config)) continue;
      for (const block of output.blocks[modality]) {
        for (const { balanceLoss } of Object.values(block))
          balances.push(tf.mul(balanceLoss, config.unitse.balanceWeight));
      }
    }
    const weighted = logVariances
      ? [
          uncertaintyWeighting(
            config.tasks.map((_, i) => sum(sets.map((set) => set[i]!))),
            logVariances,
            whole && labels.sentiment.size / whole.labels.sentiment.size,
          ),
        ]
      : sets.map(sum);
    return sum([...weighted, ...balances]);
  });
}

/** Whether the loss has a term for how evenly the experts are used, the one that is no mean over samples. */
export const balancesExperts = ({ unitse }: ModelConfig): boolean => unitse.balanceWeight > 0 && unitse.numBlocks > 0;

/** Of the whole batch's samples that a task's mean is over, the share that a part has, 0 .. 1. */
function shareOf(part: Labelled, whole: Labelled, task: Task, modality?: Modality): tf.Scalar {
  const count = ({ labels, present }: Labelled) => {
    const labelled = labels[`${task}Present`];
    return tf.sum(modality ? tf.mul(labelled, present[modality]) : labelled);
  };
  return tf.div(count(part), tf.maximum(count(whole), 1));
}

const sum = (losses: readonly tf.Scalar[]): tf.Scalar => losses.reduce((a, b) => tf.add(a, b));
