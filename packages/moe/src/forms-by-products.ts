import { conv1d, linear, oneNode, product, reshape, unfold } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type GateTensor, overFrames, rankSelector, timesMatrix } from './gates';
import { up } from './low-rank-expert';
import type { Mixing, Request } from './mixing';
import { pieces, type SharedExpertsParams, splitExperts } from './shared-experts';

// B batch, T time, D dModel, N experts, S = R1 + .. + RN, K kernel of the first convolution (3). Forms for every backend, by matrix products.

/**
 * All experts' first convolutions as one, their hidden units scaled by their expert's gate, and all second convolutions as one, plus
 * gates · biases.
 */
export function fused({ params, ranks, activation, mask }: Mixing, requests: readonly Request[]): tf.Tensor3D[] {
  const hiddenOf = once((x: tf.Tensor3D) => activation(conv1d(x, params.down, params.downBias)));
  const selector = rankSelector(ranks);
  return requests.map(({ x, gates }) => {
    const scale = timesMatrix(gates, selector);
    return tf.add(scaledUp(params, hiddenOf(x), scale, mask), mixedBias(params, gates, ranks));
  });
}

/**
 * The second convolutions of hidden units [B, T, S] times their scale, [B, S] or [B, T, S]. One node of the tape, which keeps no scaled
 * copy. Where they see three frames, the scale is that of the frame which they are for.
 */
function scaledUp(params: SharedExpertsParams, hidden: tf.Tensor3D, scale: GateTensor, mask: tf.Tensor2D): tf.Tensor3D {
  const scaled = (hidden: tf.Tensor, scale: tf.Tensor) =>
    tf.mul(hidden, overFrames(scale as GateTensor)) as tf.Tensor3D;
  if (params.up.rank === 3 && scale.rank === 3) {
    const [K, S, D] = params.up.shape as [number, number, number];
    const taps = unfold(tf.mul(hidden, tf.expandDims(mask, 2)), K);
    return linear(scaled(taps, tf.tile(scale, [1, 1, K])), tf.reshape(params.up, [K * S, D]), noBias(params));
  }
  if (params.up.rank === 3) return up(params.up, scaled(hidden, scale), noBias(params), mask);
  const [B, T, S] = hidden.shape;
  return oneNode<tf.Tensor3D>([hidden, scale, params.up], (save) => {
    save([hidden, scale, params.up]);
    const rows = tf.tidy(() => tf.reshape(scaled(hidden, scale), [B * T, S]));
    const gradient = (dy: tf.Tensor3D, [hidden, scale, weight]: tf.Tensor[]) => {
      const dRows = tf.reshape(dy, [B * T, -1]);
      const dUp = tf.tidy(() => product(tf.reshape(scaled(hidden!, scale!), [B * T, S]), dRows, true, false));
      const dScaled = tf.reshape(product(dRows, weight!, false, true), [B, T, S]);
      const dScale = tf.mul(dScaled, hidden!);
      return [scaled(dScaled, scale!), scale!.rank === 2 ? tf.sum(dScale, 1) : dScale, dUp];
    };
    return { value: tf.reshape(product(rows, params.up), [B, T, -1]) as tf.Tensor3D, gradient };
  });
}

/**
 * Only the experts that a sample selected: which these are is read back from the backend, then each sample's first convolutions are one
 * matrix product with the weights that it needs, and its second ones are another.
 */
export function sparse({ params, ranks, activation, mask }: Mixing, requests: readonly Request[]): tf.Tensor3D[] {
  const [K, D] = params.down.shape;
  const [B, T] = mask.shape;
  const experts = splitExperts(params, ranks);
  const masks = pieces(mask, B) as tf.Tensor2D[];
  const rowsOf = once((x: tf.Tensor3D) => pieces(unfold(x, K), B) as tf.Tensor3D[]);
  const chosen = new Map(requests.map((request) => [request, chosenExperts(request.gates as tf.Tensor2D)]));
  /** Of the experts that any request selects for this sample. */
  const hiddenOf = once((x: tf.Tensor3D) =>
    once((b: number): ExpertUnits => {
      const wanting = requests.filter((request) => request.x === x);
      const needed = liveExperts(ranks).filter((n) => wanting.some((request) => chosen.get(request)![b]!.includes(n)));
      const weight = join(
        needed.map((n) => experts[n]!.down),
        2,
      ) as tf.Tensor3D;
      const bias = join(
        needed.map((n) => experts[n]!.downBias),
        0,
      ) as tf.Tensor1D;
      return {
        experts: needed,
        units: activation(linear(rowsOf(x)[b]!, reshape(weight, [K * D, bias.size]), bias)),
      };
    }),
  );
  return requests.map((request) => {
    const { x, gates } = request;
    const gateRows = pieces(gates, B) as tf.Tensor2D[];
    const mixed = chosen.get(request)!.map((choice, b) => {
      const selected = choice.filter((n) => ranks[n]! > 0);
      if (selected.length === 0) return tf.zeros<tf.Rank.R3>([1, T, D]);
      const hidden = unitsOf(hiddenOf(x)(b), selected, ranks);
      const scale = timesMatrix(gateRows[b]!, rankSelector(ranks, selected));
      const chosenUp = join(
        selected.map((n) => experts[n]!.up as tf.Tensor),
        params.up.rank - 2,
      ) as tf.Tensor2D;
      return scaledUp({ ...params, up: chosenUp }, hidden, scale, masks[b]!);
    });
    return tf.add(tf.concat(mixed), mixedBias(params, gates, ranks));
  });
}

/** Hidden units [1, T, ..] of some experts, side by side. */
type ExpertUnits = { experts: readonly number[]; units: tf.Tensor3D };

/** Those of the selected ones among them. */
function unitsOf({ experts, units }: ExpertUnits, selected: readonly number[], ranks: readonly number[]): tf.Tensor3D {
  if (selected.length === experts.length) return units;
  const parts = pieces(
    units,
    experts.map((n) => ranks[n]!),
    2,
  );
  return join(
    selected.map((n) => parts[experts.indexOf(n)]!),
    2,
  ) as tf.Tensor3D;
}

const liveExperts = (ranks: readonly number[]) => [...ranks.keys()].filter((n) => ranks[n]! > 0);

/** `tf.concat`, which copies even a single tensor. */
const join = (parts: tf.Tensor[], axis: number): tf.Tensor => (parts.length === 1 ? parts[0]! : tf.concat(parts, axis));

/** For each sample the experts with a gate above 0, ascending. Reads the gates back. */
export function chosenExperts(gates: tf.Tensor2D): number[][] {
  return (gates.arraySync() as number[][]).map((row) => row.flatMap((gate, n) => (gate > 0 ? [n] : [])));
}

/** gates · biases, [B, 1, D] or [B, T, D]; a pruned expert has none. */
function mixedBias({ upBias }: SharedExpertsParams, gates: GateTensor, ranks: readonly number[]): tf.Tensor3D {
  const live = ranks.map((rank) => Math.min(rank, 1));
  const paid: GateTensor = live.includes(0) ? tf.mul(gates, live) : gates;
  return overFrames(timesMatrix(paid, upBias));
}

const noBias = ({ upBias }: SharedExpertsParams) => tf.zeros<tf.Rank.R1>([upBias.shape[1]]);

/** A function that computes each argument's result once. */
export function once<A, R>(compute: (argument: A) => R): (argument: A) => R {
  const results = new Map<A, R>();
  return (argument) => {
    if (!results.has(argument)) results.set(argument, compute(argument));
    return results.get(argument)!;
  };
}
