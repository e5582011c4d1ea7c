import { EMOTIONS } from '@mmolre/datasets/sample';
import { emotionProbabilities } from '@mmolre/losses';
import { type EmotionMetrics, emotionMetrics, type SentimentMetrics, sentimentMetrics } from '@mmolre/metrics';
import { evaluating, numbersOf, type Together } from '@mmolre/nn';
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
  /** Others with the same model and the same examples: each computes some of the batches, and gets all scores. */ together?: Together;
};

/**
 * Scores of every example, in their order, and the loss of the tasks: of each the mean over the examples that have its label, added up.
 *
 * Examples of similar length go through together; which ones share a batch changes nothing but rounding.
 */
export function predict(
  model: Model,
  examples: readonly Example[],
  { batchSize = 64, ablate = 'none', onProgress = () => {}, together }: PredictOptions = {},
): { predictions: Prediction[]; loss: number } {
  const { tasks } = model.config;
  const order = examples.map((_, i) => i).sort((a, b) => lengthOf(examples[a]!) - lengthOf(examples[b]!) || a - b);
  const batches = Array.from({ length: Math.ceil(order.length / batchSize) }, (_, b) =>
    order.slice(b * batchSize, (b + 1) * batchSize),
  );
  // One row an example, and of each batch its losses: numbers that whoever computes them can send.
  const width = tasks.reduce((sum, task) => sum + WIDTH[task], 0);
  const rows = new Float32Array(examples.length * width);
  const losses = new Float32Array(batches.length * tasks.length);
  batches.forEach((indices, b) => {
    if (together && b % together.size !== together.rank) return;
    const scores = scoresOf(
      model,
      indices.map((i) => examples[i]!),
      ablate,
    );
    indices.forEach((i, row) => {
      rows.set(scores.rows[row]!, i * width);
    });
    losses.set(scores.losses, b * tasks.length);
    onProgress(b * batchSize + indices.length);
  });
  const [all, allLosses] = together ? [summed(together, rows), summed(together, losses)] : [rows, losses];
  const predictions = examples.map(({ id }, i) => predictionOf(id, tasks, all.subarray(i * width, (i + 1) * width)));
  const means = tasks.map((task, t) => {
    const counts = batches.map((indices) => indices.filter((i) => hasLabel[task](examples[i]!)).length);
    const sum = counts.reduce((total, count, b) => total + allLosses[b * tasks.length + t]! * count, 0);
    return (
      sum /
      Math.max(
        1,
        counts.reduce((total, count) => total + count, 0),
      )
    );
  });
  const loss = means.reduce((total, mean) => total + mean, 0);
  return { predictions, loss };
}

/** Of each task, the numbers that are predicted of an example. */
const WIDTH: Record<Task, number> = { sentiment: 1, emotion: EMOTIONS.length };

/** A row of scores an example, the tasks' side by side, and the losses of the batch that the examples are. */
function scoresOf(model: Model, examples: readonly Example[], ablate: Modality | 'none') {
  const { config } = model;
  return tf.tidy(() => {
    const { input, labels } = makeBatch(model.encoders, examples);
    const present = hide(input.present, ablate);
    const output = mmolre(model.params, model.encoders, { ...input, present }, config, evaluating);
    const scores: Record<Task, () => tf.Tensor2D> = {
      sentiment: () => tf.reshape(output.sentiment!, [-1, 1]),
      emotion: () => emotionProbabilities(output.emotion!, config.emotionLoss) as tf.Tensor2D,
    };
    return {
      rows: tf
        .concat2d(
          config.tasks.map((task) => scores[task]()),
          1,
        )
        .arraySync(),
      losses: taskLosses(output, labels, config).map((loss) => loss.dataSync()[0]!),
    };
  });
}

function predictionOf(id: string, tasks: readonly Task[], row: Float32Array): Prediction {
  const prediction: Prediction = { id };
  let start = 0;
  for (const task of tasks) {
    const scores = [...row.subarray(start, start + WIDTH[task])];
    if (task === 'sentiment') prediction.sentiment = scores[0]!;
    else prediction.emotions = scores;
    start += WIDTH[task];
  }
  return prediction;
}

/** Numbers that each has some of, 0 elsewhere: all of them. */
const summed = ({ sum }: Together, own: Float32Array): Float32Array =>
  own.length === 0 ? own : numbersOf(() => sum(tf.tensor1d(own)));

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
