import { linearRegression } from 'simple-statistics';

/** Work and the time it takes, in any units. */
export type Timed = { multiplyAdds: number; ms: number };

/** By which power of the work time grows. */
export type Growth = {
  /** Over all points. */ exponent: number;
  /** Over the upper half of them, where what costs the same at every size matters least. */ upper: number;
};

/** An exponent above 1 by no more than this is within what a machine's times vary by. */
export const TOLERANCE = 0.1;

/** Slopes of the logarithm of time over that of work, by least squares. */
export function growthOf(points: readonly Timed[]): Growth {
  const sorted = points.toSorted((a, b) => a.multiplyAdds - b.multiplyAdds);
  const slope = (some: readonly Timed[]) =>
    linearRegression(some.map(({ multiplyAdds, ms }) => [Math.log(multiplyAdds), Math.log(ms)])).m;
  return { exponent: slope(sorted), upper: slope(sorted.slice(Math.floor(sorted.length / 2))) };
}

/** Whether time grows faster than work does. */
export const isFaster = ({ exponent, upper }: Growth): boolean => Math.max(exponent, upper) > 1 + TOLERANCE;
