import { checkSameLength } from './check';

/**
 * How often samples of one class are taken for another.
 *
 * @param classes The order of rows and columns.
 * @returns [classes][classes]: rows are labels, columns predictions, as in scikit-learn.
 * @throws If the lengths differ, or at a value that is no class.
 */
export function confusionMatrix<T>(predictions: readonly T[], labels: readonly T[], classes: readonly T[]): number[][] {
  checkSameLength('confusionMatrix', predictions, labels);
  const matrix = classes.map(() => new Array<number>(classes.length).fill(0));
  const indexOf = (value: T, i: number) => {
    const at = classes.indexOf(value);
    if (at < 0) throw new Error(`confusionMatrix: expected one of ${classes.join(', ')}, found ${value} at index ${i}`);
    return at;
  };
  labels.forEach((label, i) => {
    matrix[indexOf(label, i)]![indexOf(predictions[i]!, i)]! += 1;
  });
  return matrix;
}
