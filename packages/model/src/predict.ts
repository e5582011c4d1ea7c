import { EMOTIONS } from '@mmolre/datasets/sample';
import { emotionProbabilities } from '@mmolre/losses';
import { type EmotionMetrics, emotionMetrics, type SentimentMetrics, sentimentMetrics } from '@mmolre/metrics';
import { evaluating } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type Example, lengthOf, makeBatch } from './batch';
import type { Modality, Task } from './config';
import { taskLosses } from './loss';
import { mmolre } from './mmolre';
import type { Model } from './model';

/** One example's scores, from the fused heads, of the tasks that the model has. emotions: one each, 0 .. 1. */
export type Prediction = { id: string; sentiment?: number; emotions?: number[] };

export type PredictOptions = {
  /** 64 */ batchSize?: number;
  /** A modality to blank. */ ablate?: Modality | 'none';
  /** Called with the number of examples done. */ onProgress?: (done: number) => void;
};

/**
 * Scores of every example, in their order, and the loss of the tasks: of each the mean over the examples that have its label, added up.
 *
 * Examples of similar length go through together; which ones share a batch changes nothing but rounding.
 */
export function predict(
  model: Model,
  examples: readonly Example[],
  { batchSize = 64, ablate = 'none', onProgress = () => {} }: PredictOptions = {},
): { predictions: Prediction[]; loss: number } {
  const order = examples.map((_, i) => i).sort((a, b) => lengthOf(examples[a]!) - lengthOf(examples[b]!) || a - b);
  const predictions = new Array<Prediction>(examples.length);
  const { tasks } = model.config;
  const losses = tasks.map(() => ({ sum: 0, count: 0 }));
  for (let start = 0; start < order.length; start += batchSize) {
    const indices = order.slice(start, start + batchSize);
    const scores = tf.tidy(() => {
      const batch = makeBatch(
        model.encoders,
        indices.map((i) => examples[i]!),
      );
      const present = hide(batch.input.present, ablate);
      const output = mmolre(model.params, model.encoders, { ...batch.input, present }, model.config, evaluating);
      return {
        sentiment: output.sentiment?.arraySync(),
        emotions: output.emotion && emotionProbabilities(output.emotion, model.config.emotionLoss).arraySync(),
        losses: taskLosses(output, batch.labels, model.config).map((loss) => loss.dataSync()[0]!),
      };
    });
    indices.forEach((i, row) => {
      const [sentiment, emotions] = [scores.sentiment?.[row], scores.emotions?.[row]];
      predictions[i] = {
        id: examples[i]!.id,
        ...(sentiment !== undefined && { sentiment }),
        ...(emotions && { emotions }),
      };
    });
    tasks.forEach((task, part) => {
      const count = indices.filter((i) => hasLabel[task](examples[i]!)).length;
      losses[part]!.sum += scores.losses[part]! * count;
      losses[part]!.count += count;
    });
    onProgress(start + indices.length);
  }
  return { predictions, loss: losses.reduce((loss, { sum, count }) => loss + sum / Math.max(1, count), 0) };
}

const hasLabel: Record<Task, (example: Example) => boolean> = {
  sentiment: ({ sentiment }) => sentiment !== undefined,
  emotion: ({ emotions }) => emotions !== undefined,
};

/** The presence flags with one modality blanked for all. */
export function hide(
  present: Record<Modality, tf.Tensor1D>,
  ablate: Modality | 'none' = 'none',
): Record<Modality, tf.Tensor1D> {
  return ablate === 'none' ? present : { ...present, [ablate]: tf.zerosLike(present[ablate]) };
}

/** Undefined for a task that the model does not have. */
export type Evaluation = { sentiment: SentimentMetrics | undefined; emotion: EmotionMetrics | undefined };

/**
 * Metrics over the examples that have the label, for each task that is predicted.
 *
 * @param thresholds One an emotion; undefined where emotions are not predicted.
 */
export function evaluate(
  examples: readonly Example[],
  predictions: readonly Prediction[],
  thresholds: readonly number[] | undefined,
): Evaluation {
  const rated = examples.flatMap(({ sentiment: label }, i) => {
    const score = predictions[i]!.sentiment;
    return label === undefined || score === undefined ? [] : [{ label, score }];
  });
  const labelled = examples.flatMap(({ emotions: label }, i) => {
    const score = predictions[i]!.emotions;
    return label && score ? [{ label, score }] : [];
  });
  const scores = <T>(rows: readonly { score: T }[]) => rows.map(({ score }) => score);
  const labels = <T>(rows: readonly { label: T }[]) => rows.map(({ label }) => label);
  return {
    sentiment: predictions.every(({ sentiment }) => sentiment === undefined)
      ? undefined
      : sentimentMetrics(scores(rated), labels(rated)),
    emotion: thresholds && emotionMetrics(scores(labelled), labels(labelled), thresholds, EMOTIONS),
  };
}
