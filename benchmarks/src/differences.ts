import type { TensorFile } from './tensor-file';

/** Two results are the same if their relative difference in the 2-norm is below this, where a case says nothing else. */
export const usualTolerance = 1e-4;

/** What two files of results do not agree on, a phrase each. */
export function differences(ours: TensorFile, theirs: TensorFile, tolerance = usualTolerance): string[] {
  return [...new Set([...ours.keys, ...theirs.keys])].flatMap((key) => {
    if (!ours.keys.includes(key) || !theirs.keys.includes(key)) return `${key}: only one side has it`;
    const error = relativeError(ours.values(key), theirs.values(key));
    return error < tolerance ? [] : `${key}: relative error ${error.toExponential(1)}, allowed ${tolerance}`;
  });
}

/** |a - b| / |b| in the 2-norm; not a number where an entry is none or the lengths differ. */
function relativeError(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference) / (Math.sqrt(size) || 1);
}
