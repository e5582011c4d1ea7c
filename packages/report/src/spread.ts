import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Over seeds; the deviation (n - 1) only of several. */
export type Spread = { mean: number; deviation: number | undefined };

/** Of the values that are defined; undefined if none is. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const defined = values.filter((value) => value !== undefined);
  if (defined.length === 0) return undefined;
  return { mean: mean(defined), deviation: defined.length > 1 ? sampleStandardDeviation(defined) : undefined };
}
