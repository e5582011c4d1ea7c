import { median } from './basics';

/** What always saying the training median predicts, on the labels' scale: its mean absolute error is the one to beat. 0 without labels. */
export function medianBaseline(trainLabels: readonly number[]): number {
  return median(trainLabels) ?? 0;
}

/**
 * Always what most training samples have: the most frequent combination of emotions, [C] of 0 and 1 (as probabilities they
 * predict exactly that). Of equally frequent ones the first in lexical order (0,1 before 1,0). No emotion without labels.
 */
export function majorityBaseline(trainLabels: readonly (readonly number[])[], numEmotions: number): number[] {
  const counts = new Map<string, number>();
  for (const row of trainLabels) {
    const present = row.map((value) => (value > 0 ? 1 : 0)).join();
    counts.set(present, (counts.get(present) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most ? most[0].split(',').map(Number) : new Array(numEmotions).fill(0);
}
