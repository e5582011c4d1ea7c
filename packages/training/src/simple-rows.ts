import { type SimpleModels, type SimpleOptions, type SimpleScores, scoreSimpleModels } from '@mmolre/baselines';
import { NUM_EMOTIONS } from '@mmolre/datasets';
import { type Example, evaluate } from '@mmolre/model';
import type { SimpleRow } from '@mmolre/report';

/**
 * What simple models score on the examples, a row each.
 *
 * @param keep Hears what they say of each example.
 */
export async function simpleRows(
  models: SimpleModels,
  examples: readonly Example[],
  options: SimpleOptions,
  keep: (scored: readonly SimpleScores[]) => Promise<void> = async () => {},
): Promise<SimpleRow[]> {
  const half = models.tasks.includes('emotion') ? new Array<number>(NUM_EMOTIONS).fill(0.5) : undefined;
  const scored = await scoreSimpleModels(models, examples, options);
  await keep(scored);
  return scored.map(({ name, reads, predictions }) => {
    const thresholds = predictions.some(({ emotions }) => emotions) ? half : undefined;
    return { name, reads, scores: evaluate(examples, predictions, thresholds) };
  });
}
