import { integral, tProbability, tQuantile } from '@mmolre/report';
import { bisect, errorFunction, gammaln, mean, sampleStandardDeviation } from 'simple-statistics';

/** Two-sided level and power of every test here. */
const LEVEL = 0.05;
const POWER = 0.8;

/** P(Z < z) of the standard normal distribution, within 1e-7. */
const normalProbability = (z: number): number => (1 + errorFunction(z / Math.SQRT2)) / 2;

/** Probability that a two-sided paired t-test at 5 % sees a true difference of so many deviations of the differences, in so many pairs. */
export function powerOf(effect: number, pairs: number): number {
  const freedom = pairs - 1;
  const critical = tQuantile(1 - LEVEL / 2, freedom);
  const shift = effect * Math.sqrt(pairs);
  // s is the deviation that the pairs show over the true one: its square times freedom is chi-square.
  const scale = (freedom / 2) * Math.log(freedom / 2) - gammaln(freedom / 2) + Math.log(2);
  const density = (s: number) =>
    s === 0 && freedom > 1 ? 0 : Math.exp(scale + (freedom - 1) * Math.log(s || 1) - (freedom * s * s) / 2);
  const seen = (s: number) => normalProbability(shift - critical * s) + normalProbability(-shift - critical * s);
  return integral((s) => seen(s) * density(s), 1 + 8 / Math.sqrt(freedom));
}

/**
 * The true difference that a two-sided paired t-test at 5 % sees with a probability of 80 %.
 *
 * @param deviation Of the differences between pairs.
 * @param pairs From 2; one pair sees nothing: infinity.
 */
export function visibleDifference(deviation: number, pairs: number): number {
  if (pairs < 2) return Number.POSITIVE_INFINITY;
  return deviation * bisect((effect) => powerOf(effect, pairs) - POWER, 0, 100, 200, 1e-9);
}

/** p of a two-sided paired t-test, from the differences of the pairs; 1 of fewer than two pairs, which show nothing. */
export function pairedP(differences: readonly number[]): number {
  if (differences.length < 2) return 1;
  const error = sampleStandardDeviation([...differences]) / Math.sqrt(differences.length);
  const centre = mean([...differences]);
  if (error === 0) return centre === 0 ? 1 : 0;
  return 2 * tProbability(-Math.abs(centre / error), differences.length - 1);
}
