import { EMOTIONS } from '@mmolre/datasets';
import { csvText } from '@mmolre/files';
import { category, NONE } from '@mmolre/metrics';
import type { Example, Prediction } from '@mmolre/model';

/**
 * One row a sample: id, both tasks' labels (empty where there is none), every score (empty for a task that the model does not have),
 * and the category that the scores say.
 *
 * @param thresholds Undefined where emotions are not predicted.
 */
export function predictionsCsv(
  examples: readonly Example[],
  predictions: readonly Prediction[],
  thresholds: readonly number[] | undefined,
): string {
  const columns = [
    'id',
    'sentiment_label',
    'sentiment',
    ...EMOTIONS.flatMap((name) => [`${name}_label`, name]),
    'category_label',
    'category',
  ];
  const rows = examples.map(({ id, sentiment, emotions }, i) => {
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
  return csvText([columns, ...rows]);
}
