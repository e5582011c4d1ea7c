import type { SimpleScores } from '@mmolre/baselines';
import { EMOTIONS, NUM_EMOTIONS } from '@mmolre/datasets';
import { csvText } from '@mmolre/files';
import { category, NONE } from '@mmolre/metrics';
import type { Example, Prediction } from '@mmolre/model';

const COLUMNS = [
  'id',
  'sentiment_label',
  'sentiment',
  ...EMOTIONS.flatMap((name) => [`${name}_label`, name]),
  'category_label',
  'category',
];

/**
 * One row a sample: id, both tasks' labels (empty where there is none), every score (empty for a task that the model does not have),
 * and the category that the scores say.
 *
 * @param thresholds Undefined where emotions are not predicted.
 */
export const predictionsCsv = (
  examples: readonly Example[],
  predictions: readonly Prediction[],
  thresholds: readonly number[] | undefined,
): string => csvText([COLUMNS, ...rowsOf(examples, predictions, thresholds)]);

/** The same of each simple model, one after another: before each row its name, and what it reads. */
export const simplePredictionsCsv = (examples: readonly Example[], scored: readonly SimpleScores[]): string =>
  csvText([
    ['model', 'reads', ...COLUMNS],
    ...scored.flatMap(({ name, reads, predictions }) =>
      rowsOf(examples, predictions, new Array(NUM_EMOTIONS).fill(0.5)).map((row) => [name, reads, ...row]),
    ),
  ]);

function rowsOf(
  examples: readonly Example[],
  predictions: readonly Prediction[],
  thresholds: readonly number[] | undefined,
): (string | number)[][] {
  return examples.map(({ id, sentiment, emotions }, i) => {
    const scores = predictions[i]!;
    const label = emotions && (EMOTIONS.filter((_, c) => emotions[c]! > 0).join('+') || NONE);
    const cells = EMOTIONS.flatMap((_, c) => [emotions?.[c] ?? '', scores.emotions?.[c] ?? '']);
    return [
      id,
      sentiment ?? '',
      scores.sentiment ?? '',
      ...cells,
      label ?? '',
      scores.emotions && thresholds ? category(scores.emotions, thresholds, EMOTIONS) : '',
    ];
  });
}
