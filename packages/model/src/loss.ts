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

function emotionOptions({ emotionLoss: kind, emotionClassWeights: weights, emotionFocal: focal }: ModelConfig) {
  if (weights === 'balanced')
    throw new Error('model.emotionClassWeights: expected numbers by now; balanced takes them from the training labels');
  return { kind, focal, ...(weights !== 'none' && { classWeights: weights }) };
}

/**
 * What training minimises: the tasks' losses, those of the auxiliary heads on the samples that show their modality, and the experts'
 * balance. With `uncertainty`, each task's losses together are weighted by its variance.
 */
export function trainingLoss(
  output: MmolreOutput,
  labels: Labels,
  present: Record<Modality, tf.Tensor1D>,
  config: ModelConfig,
  logVariances?: MmolreParams['logVariances'],
): tf.Scalar {
  return tf.tidy(() => {
    const sets: tf.Scalar[][] = [taskLosses(output, labels, config)];
    const balances: tf.Scalar[] = [];
    for (const modality of MODALITIES) {
      if (output.auxiliary) {
        const alone = taskLosses(output.auxiliary[modality], labels, config, present[modality]);
        sets.push(alone.map((loss) => tf.mul(loss, config.auxiliaryWeight)));
      }
      if (config.unitse.balanceWeight === 0) continue;
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
          ),
        ]
      : sets.map(sum);
    return sum([...weighted, ...balances]);
  });
}

const sum = (losses: readonly tf.Scalar[]): tf.Scalar => losses.reduce((a, b) => tf.add(a, b));
