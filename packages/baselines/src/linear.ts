import { type Features, scoresOf, sumOf } from './rows';

/** A linear model: `width` weights, and last what is added. */
export type Weights = Float64Array;

/** What a score costs a sample, convex, with its first two derivatives. */
type Loss = {
  value: (score: number, i: number) => number;
  slope: (score: number, i: number) => number;
  curvature: (score: number, i: number) => number;
};

/** Ridge: the smallest sum of squared errors and `penalty` times the squared weights; what is added is free. */
export function fitRidge(features: Features, targets: readonly number[], penalty: number): Weights {
  return minimise(
    features,
    {
      value: (score, i) => (score - targets[i]!) ** 2 / 2,
      slope: (score, i) => score - targets[i]!,
      curvature: () => 1,
    },
    penalty,
  );
}

/**
 * Logistic regression: the smallest sum of losses and half of `penalty` times the squared weights. Presence and absence weigh the same as
 * a whole, together as much as there are samples.
 *
 * @param has Of each sample; both must occur.
 */
export function fitLogistic(features: Features, has: readonly boolean[], penalty: number): Weights {
  const present = has.filter(Boolean).length;
  const weight = (i: number) => has.length / (2 * (has[i] ? present : has.length - present));
  return minimise(
    features,
    {
      value: (score, i) => weight(i) * softplus(has[i] ? -score : score),
      slope: (score, i) => weight(i) * (sigmoid(score) - (has[i] ? 1 : 0)),
      curvature: (score, i) => weight(i) * sigmoid(score) * sigmoid(-score),
    },
    penalty,
  );
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));

/** Of the gradient's length at the start: where it is found. */
const PRECISE = 1e-6;
const MOST_STEPS = 100;

/** Newton's method; each step by conjugate gradients, as far as it is worth it. Nothing is drawn: the same samples give the same weights. */
function minimise(features: Features, loss: Loss, penalty: number): Weights {
  const { count, width } = features;
  const weights = new Float64Array(width + 1);
  const scores = new Float64Array(count);
  const penalised = (v: Float64Array, to: Float64Array) => {
    for (let j = 0; j < width; j++) to[j]! += penalty * v[j]!;
    return to;
  };
  const cost = (step: number, way: Float64Array, change: Float64Array) => {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < count; i++) sum += loss.value(scores[i]! + step * change[i]!, i);
    for (let j = 0; j < width; j++) squares += (weights[j]! + step * way[j]!) ** 2;
    return sum + (penalty / 2) * squares;
  };
  let first = 0;
  for (let round = 0; round < MOST_STEPS; round++) {
    const slope = penalised(weights, sumOf(features, scores.map(loss.slope)));
    const length = Math.sqrt(dot(slope, slope));
    if (round === 0) first = length;
    if (length <= PRECISE * first) break;
    const curvature = scores.map(loss.curvature);
    const apply = (v: Float64Array) => {
      const products = scoresOf(features, v);
      return penalised(
        v,
        sumOf(
          features,
          products.map((product, i) => product * curvature[i]!),
        ),
      );
    };
    const way = solve(
      apply,
      slope.map((x) => -x),
    );
    const change = scoresOf(features, way);
    const [before, falls] = [cost(0, way, change), dot(slope, way)];
    let step = 1;
    while (cost(step, way, change) > before + 1e-4 * step * falls && step > 1e-6) step /= 2;
    for (let j = 0; j <= width; j++) weights[j]! += step * way[j]!;
    for (let i = 0; i < count; i++) scores[i]! += step * change[i]!;
  }
  return weights;
}

/** How far a step's equations are solved, of the length of their right side. */
const INEXACT = 0.1;

/** Conjugate gradients: an x for which `apply(x)` is nearly b. */
function solve(apply: (x: Float64Array) => Float64Array, b: Float64Array): Float64Array {
  const x = new Float64Array(b.length);
  const rest = b.slice();
  let way = b.slice();
  let square = dot(rest, rest);
  const enough = INEXACT ** 2 * square;
  for (let round = 0; round < 10 * b.length && square > enough; round++) {
    const product = apply(way);
    const bend = dot(way, product);
    if (!(bend > 0)) break;
    const step = square / bend;
    for (let j = 0; j < x.length; j++) {
      x[j]! += step * way[j]!;
      rest[j]! -= step * product[j]!;
    }
    const next = dot(rest, rest);
    way = rest.map((r, j) => r + (next / square) * way[j]!);
    square = next;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
