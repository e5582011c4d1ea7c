import { type Dataset, groupLine, groupProblems, type Split } from '@mmolre/datasets';
import type { Task } from '@mmolre/model';

/** What is worth a look before hours of training, a line each. */
export function shortcomings(
  { warnings, train }: Pick<Dataset, 'warnings' | 'train'>,
  tasks: readonly Task[],
): string[] {
  const lines: string[] = [];
  const errors = groupProblems(warnings.filter(({ severity }) => severity === 'error'));
  for (const group of errors) lines.push(`left out: ${groupLine(group)}`);
  const remarks = groupProblems(warnings.filter(({ severity }) => severity === 'warning'));
  if (remarks.length > 0)
    lines.push(
      `${remarks.length} remarks on the data (data validate lists them), the first: ${groupLine(remarks[0]!)}`,
    );
  if (!train.some(({ recording }) => recording))
    lines.push('no training sample has a recording: the model learns from texts');
  if (tasks.includes('sentiment') && !train.some(({ sentiment }) => sentiment !== undefined))
    lines.push('no training sample has a sentiment: that task learns nothing (see model.tasks)');
  if (tasks.includes('emotion') && !train.some(({ emotions }) => emotions))
    lines.push('no training sample has emotions: that task learns nothing (see model.tasks, and labels: unify)');
  return lines;
}

const SELECTED_BY = 'no test split: the scores are of the validation split, by which the run was selected';

/** What must be said with the scores of a split, and with those of the labels that they are made with. */
export function scoresWarning(split: Split, ofLabels: string | undefined): string | undefined {
  return [split === 'valid' && SELECTED_BY, ofLabels].filter(Boolean).join('; ') || undefined;
}
