import { type SimpleModels, type SimpleOptions, scoreSimpleModels } from '@mmolre/baselines';
import { NUM_EMOTIONS } from '@mmolre/datasets';
import { type Example, evaluate } from '@mmolre/model';
import type { SimpleRow } from '@mmolre/report';

/** What simple models score on the examples, a row each. */
export async function simpleRows(
  models: SimpleModels,
  examples: readonly Example[],
  options: SimpleOptions,
): Promise<SimpleRow[]> {
  const half = models.tasks.includes('emotion') ? new Array<number>(NUM_EMOTIONS).fill(0.5) : undefined;
  const scored = await scoreSimpleModels(models, examples, options);
  return scored.map(({ name, reads, predictions }) => {
    const thresholds = predictions.some(({ emotions }) => emotions) ? half : undefined;
    return { name, reads, scores: evaluate(examples, predictions, thresholds) };
  });
}
