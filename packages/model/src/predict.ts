import { emotionProbabilities } from '@mmolre/losses';
import { type EmotionMetrics, emotionMetrics, type SentimentMetrics, sentimentMetrics } from '@mmolre/metrics';
import { evaluating } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type Example, makeBatch } from './batch';
import { taskLoss } from './loss';
import { type Modality, mmolre } from './mmolre';
import type { Model } from './model';

/** One example's scores, from the fused heads. */
export type Prediction = { id: string; sentiment: number /** one an emotion, 0 .. 1 */; emotions: number[] };

export type PredictOptions = {
  batchSize: number;
  /** A modality to blank. */ ablate?: Modality | 'none';
  /** Called with the number of examples done. */ onProgress?: (done: number) => void;
};

/**
 * Scores of every example, in their order, and the mean task loss.
 *
 * Examples of similar length go through together; which ones share a batch changes nothing but rounding.
 */
export function predict(
  model: Model,
  examples: readonly Example[],
  options: PredictOptions,
): { predictions: Prediction[]; loss: number } {
  const order = examples.map((_, i) => i).sort((a, b) => size(examples[a]!) - size(examples[b]!) || a - b);
  const predictions = new Array<Prediction>(examples.length);
  let loss = 0;
  for (let start = 0; start < order.length; start += options.batchSize) {
    const indices = order.slice(start, start + options.batchSize);
    const scores = tf.tidy(() => {
      const batch = makeBatch(
        model.encoders,
        indices.map((i) => examples[i]!),
      );
      const present = hide(batch.input.present, options.ablate);
      const output = mmolre(model.params, model.encoders, { ...batch.input, present }, model.config, evaluating);
      const probabilities = emotionProbabilities(output.emotion, model.config.emotionLoss);
      return {
        sentiment: output.sentiment.arraySync(),
        emotions: probabilities.arraySync(),
        loss: taskLoss(output, batch.labels, model.config).dataSync()[0]!,
      };
    });
    indices.forEach((i, row) => {
      predictions[i] = { id: examples[i]!.id, sentiment: scores.sentiment[row]!, emotions: scores.emotions[row]! };
    });
    loss += scores.loss * indices.length;
    options.onProgress?.(start + indices.length);
  }
  return { predictions, loss: loss / Math.max(1, examples.length) };
}

const size = ({ text, audio }: Example) => text.length + (audio?.length ?? 0);

/** The presence flags with one modality blanked for all. */
export function hide(
  present: Record<Modality, tf.Tensor1D>,
  ablate: Modality | 'none' = 'none',
): Record<Modality, tf.Tensor1D> {
  return ablate === 'none' ? present : { ...present, [ablate]: tf.zerosLike(present[ablate]) };
}

export type Evaluation = { sentiment: SentimentMetrics; emotion: EmotionMetrics };

/** Both tasks' metrics over the examples that have the label. */
export function evaluate(
  examples: readonly Example[],
  predictions: readonly Prediction[],
  thresholds: readonly number[],
  names: readonly string[],
): Evaluation {
  const rated = examples.flatMap(({ sentiment }, i) => (sentiment === undefined ? [] : [i]));
  const labelled = examples.flatMap(({ emotions }, i) => (emotions === undefined ? [] : [i]));
  return {
    sentiment: sentimentMetrics(
      rated.map((i) => predictions[i]!.sentiment),
      rated.map((i) => examples[i]!.sentiment!),
    ),
    emotion: emotionMetrics(
      labelled.map((i) => predictions[i]!.emotions),
      labelled.map((i) => examples[i]!.emotions!),
      thresholds,
      names,
    ),
  };
}
