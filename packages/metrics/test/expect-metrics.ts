import { expect } from 'vitest';

/** Compares nested metrics to 12 digits; `null` in a fixture stands for undefined. Keys must be the same. */
export function expectMetrics(actual: unknown, expected: unknown, path = ''): void {
  if (typeof expected === 'number') {
    expect(typeof actual, path).toBe('number');
    expect(actual as number, path).toBeCloseTo(expected, 12);
  } else if (expected === null || expected === undefined) {
    expect(actual, path).toBeUndefined();
  } else {
    const [ours, theirs] = [actual as Record<string, unknown>, expected as Record<string, unknown>];
    expect(Object.keys(ours).sort(), path).toEqual(Object.keys(theirs).sort());
    for (const key of Object.keys(theirs)) expectMetrics(ours[key], theirs[key], `${path}.${key}`);
  }
}

/** The same rows in another order, by a small generator from the seed. */
export function permuted<T>(rows: readonly T[], seed: number): T[] {
  const result = [...rows];
  let state = seed % 2147483647 || 1;
  for (let i = result.length - 1; i > 0; i--) {
    state = (state * 48271) % 2147483647;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
