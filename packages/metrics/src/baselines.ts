import { median } from './basics';

/** What always saying the training median predicts, on the labels' scale: its mean absolute error is the one to beat. 0 without labels. */
export function medianBaseline(trainLabels: readonly number[]): number {
  return median(trainLabels) ?? 0;
}
