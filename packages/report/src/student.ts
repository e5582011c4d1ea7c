import { bisect, gammaln, mean, sampleStandardDeviation } from 'simple-statistics';

/** Even; the integrands are smooth, and Simpson's rule is right to 1e-9 and better. */
const STEPS = 2_000;

/** The integral of a smooth function from 0, by Simpson's rule. */
export function integral(f: (x: number) => number, to: number): number {
  let sum = f(0) + f(to);
  for (let i = 1; i < STEPS; i++) sum += (i % 2 === 1 ? 4 : 2) * f((i * to) / STEPS);
  return (sum * to) / (3 * STEPS);
}

/** P(T < t) of Student's t, with so many degrees of freedom, from 1. */
export function tProbability(t: number, freedom: number): number {
  const scale = Math.exp(gammaln((freedom + 1) / 2) - gammaln(freedom / 2)) / Math.sqrt(Math.PI);
  return 0.5 + scale * integral((angle) => Math.cos(angle) ** (freedom - 1), Math.atan(t / Math.sqrt(freedom)));
}

/** The t below which Student's t lies with probability p, 0.5 .. 0.9999. */
export const tQuantile = (p: number, freedom: number): number =>
  Math.tan(bisect((angle) => tProbability(Math.tan(angle), freedom) - p, 0, Math.PI / 2 - 1e-9, 200, 1e-12));

/** An interval that a number lies in. */
export type Interval = { low: number; high: number };

/** 95 % interval of the mean of independent values, by Student's t; undefined of fewer than two. */
export function meanInterval(values: readonly number[]): Interval | undefined {
  if (values.length < 2) return undefined;
  const centre = mean([...values]);
  const error = sampleStandardDeviation([...values]) / Math.sqrt(values.length);
  const reach = tQuantile(0.975, values.length - 1) * error;
  return { low: centre - reach, high: centre + reach };
}
