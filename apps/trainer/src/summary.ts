import type { Split } from '@mmolre/datasets';
import type { Evaluation, Task } from '@mmolre/model';
import { mean, sampleStandardDeviation } from 'simple-statistics';

const ROWS: [name: string, task: Task, read: (test: Evaluation) => number | undefined][] = [
  ['emotion recall over six categories', 'emotion', (t) => t.emotion?.categoryRecall.mean],
  ['emotion accuracy, mean', 'emotion', (t) => t.emotion?.mean.accuracy],
  ['emotion weighted F1, mean', 'emotion', (t) => t.emotion?.mean.weightedF1],
  ['sentiment correlation', 'sentiment', (t) => t.sentiment?.corr],
  ['sentiment mean absolute error', 'sentiment', (t) => t.sentiment?.mae],
  ['sentiment Acc2 (non-zero)', 'sentiment', (t) => t.sentiment?.non0.acc2],
  ['sentiment Acc7', 'sentiment', (t) => t.sentiment?.acc7],
];

/**
 * A split's main figures of the tasks that were predicted, a column a seed; mean and deviation (n - 1) where there are several.
 *
 * @param warning What must be said with them.
 */
export function summary(
  results: readonly { seed: number; test: Evaluation }[],
  split: Split,
  warning?: string,
): string {
  const several = results.length > 1;
  const cells = (name: string, values: string[]) =>
    `${name.padEnd(36)}${values.map((value) => value.padStart(11)).join('')}\n`;
  const header = cells(`${split} split`, [
    ...results.map(({ seed }) => `seed ${seed}`),
    ...(several ? ['mean', 'deviation'] : []),
  ]);
  const shown = ROWS.filter(([, task]) => results.some(({ test }) => test[task] !== undefined));
  const lines = shown.map(([name, , read]) => {
    const values = results.map(({ test }) => read(test));
    const defined = values.filter((value) => value !== undefined);
    const all =
      several && defined.length > 1 ? [mean(defined).toFixed(3), sampleStandardDeviation(defined).toFixed(3)] : [];
    return cells(name, [...values.map((value) => value?.toFixed(3) ?? 'undefined'), ...all]);
  });
  return header + lines.join('') + (warning ? `warning: ${warning}\n` : '');
}
