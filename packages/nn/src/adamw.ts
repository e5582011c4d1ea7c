import * as tf from '@tensorflow/tfjs';
import { type AdamWOptions, firstGroups, type Group, type Member, separate } from './adamw-groups';
import { kernels } from './kernels/kernels';
import { apart, join } from './kernels/one-vector';
import type { AdamStep } from './kernels/types';
import { userTiming } from './user-timing';

export type AdamWConfig = {
  /** Decoupled weight decay, times the learning rate. */
  weightDecay: number;
  /** 0.9 */ beta1?: number;
  /** 0.999 */ beta2?: number;
  /** 1e-8 */ epsilon?: number;
  /** Gradients are scaled down together when their joint 2-norm exceeds this; absent, never. */
  maxGradNorm?: number;
};

/** Processes that take a step together, each with losses of its own: their gradients are added up. */
export type Together = {
  /** Which of them this is, from 0. */ rank: number;
  size: number;
  /** The sum of what each gives, of one length; the same bits for each. A new tensor. */ sum(
    values: tf.Tensor1D,
  ): tf.Tensor1D;
};

/** What AdamW knows of the parameters that it trains. A step changes it; `adamWMoments` reads it. */
export type AdamWState = { variables: ReadonlyMap<string, tf.Variable>; groups: Group[] };

/** A training has diverged: no parameter has changed in the step that found it. */
export class NotFiniteError extends Error {
  override name = 'NotFiniteError';
}

/**
 * The state before the first step, for parameters by path: what `variables(params)` gives.
 *
 * @param options Learning rates of their own, and which weights decay; without them all parameters are trained alike.
 * @throws If a factor on the learning rate is negative or no number.
 */
export function initAdamW(variables: ReadonlyMap<string, tf.Variable>, options: AdamWOptions = {}): AdamWState {
  return { variables, groups: firstGroups(variables, options) };
}

/**
 * One step down the gradient of `loss`, by AdamW as PyTorch has it (Loshchilov and Hutter, 2019): the decay does not pass through the
 * moments, and epsilon is added to the corrected root.
 *
 * A parameter that the loss does not reach in this step is left as it is, and its own count of steps too, as PyTorch does (layers that
 * are skipped at random).
 *
 * User Timing has a measure of each loss, `mmolre forward` and `mmolre backward`, and of what follows, `mmolre optimizer`.
 *
 * @param loss One, or several whose sum it is, such as the parts of a batch that is too large at once: each is computed and freed before
 *   the next, and their gradients are added up, in this order, before they are clipped.
 * @param learningRate Of the parameters whose factor is 1.
 * @param together With others that hold the same state: the loss is the sum of everyone's losses, of which one may have none, and everyone
 *   takes the same step. What is sent is the gradient of every parameter that is reached by anyone, group by group.
 * @returns The loss before the step.
 * @throws NotFiniteError if the loss or its gradient's norm, where it is clipped, is not finite (a run that has diverged); no parameter
 *   has changed then. If there is no loss.
 */
export function adamWStep(
  state: AdamWState,
  config: AdamWConfig,
  loss: (() => tf.Scalar) | readonly (() => tf.Scalar)[],
  learningRate: number,
  together?: Together,
): number {
  const { weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, maxGradNorm } = config;
  const own = summedGradients(typeof loss === 'function' ? [loss] : loss, state.variables, together);
  const start = performance.now();
  const { value: lossBefore, names } = together ? allLosses(own, state.variables, together) : own;
  const isReached = ({ variable }: Member) => names.has(variable.name);
  state.groups = state.groups.flatMap((group) => separate(group, isReached));
  const reached = state.groups.filter(({ members }) => isReached(members[0]!));
  const grads = reached.map(({ members }) => gradientsOf(members, own.byName, together));
  if (together) tf.dispose(own.byName);
  const norm = maxGradNorm === undefined ? 0 : normOf(grads.flat());
  if (!Number.isFinite(lossBefore) || !Number.isFinite(norm)) {
    tf.dispose(grads);
    const steps = Math.max(...state.groups.map(({ count }) => count));
    throw new NotFiniteError(
      `the loss or its gradient is not a finite number after ${steps} steps: lower the learning rate`,
    );
  }
  const gradScale = maxGradNorm === undefined ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
  reached.forEach((group, i) => {
    update(group, grads[i]!, {
      gradScale,
      learningRate: learningRate * group.rate,
      weightDecay: group.decays ? weightDecay : 0,
      beta1,
      beta2,
      epsilon,
      count: ++group.count,
    });
  });
  tf.dispose(grads); // not before: two variables may share one
  userTiming('mmolre optimizer', start);
  return lossBefore;
}

/** Frees the moments. */
export function disposeAdamW(state: AdamWState): void {
  for (const { moments } of state.groups) moments.dispose();
  state.groups = [];
}

/** The sum of the losses, and of their gradients by the variables' names; what one computes is freed before the next. */
function summedGradients(
  losses: readonly (() => tf.Scalar)[],
  variables: ReadonlyMap<string, tf.Variable>,
  together?: Together,
): { value: number; byName: tf.NamedTensorMap; names: ReadonlySet<string> } {
  if (losses.length === 0 && !together) throw new Error('adamWStep loss: expected at least one, got an empty list');
  let value = 0;
  const byName = tf.tidy(() => {
    const sums: tf.NamedTensorMap = {};
    for (const loss of losses) {
      const { value: part, grads } = timedGradients(loss, variables);
      value += part.dataSync()[0]!;
      const past: tf.Tensor[] = [part, ...Object.values(sums), ...Object.values(grads)];
      for (const [name, grad] of Object.entries(grads)) sums[name] = sums[name] ? tf.add(sums[name], grad) : grad;
      const held = new Set<tf.Tensor>(Object.values(sums)); // two variables may share one gradient
      for (const tensor of past) if (!held.has(tensor)) tensor.dispose();
    }
    return sums;
  });
  return { value, byName, names: new Set(Object.keys(byName)) };
}

function timedGradients(loss: () => tf.Scalar, variables: ReadonlyMap<string, tf.Variable>) {
  const start = performance.now();
  let middle = start;
  const forward = () => {
    const value = loss();
    middle = performance.now();
    return value;
  };
  const result = tf.variableGrads(forward, [...variables.values()]);
  userTiming('mmolre forward', start, middle);
  userTiming('mmolre backward', middle);
  return result;
}

/** The sum of everyone's losses in the order of the ranks, as one process would add them, and the names of what anyone reaches. */
function allLosses(
  { value, names }: { value: number; names: ReadonlySet<string> },
  variables: ReadonlyMap<string, tf.Variable>,
  { rank, size, sum }: Together,
): { value: number; names: ReadonlySet<string> } {
  const all = [...variables.values()].map(({ name }) => name);
  const told = tf.tidy(() => {
    const losses = Array.from({ length: size }, (_, i) => (i === rank ? value : 0));
    return sum(tf.tensor1d([...losses, ...all.map((name) => (names.has(name) ? 1 : 0))])).dataSync<'float32'>();
  });
  return {
    value: told.slice(0, size).reduce((total, one) => total + one, 0),
    names: new Set(all.filter((_, i) => told[size + i]! > 0)),
  };
}

/** The gradients of a group's parameters; together, everyone's, of which this process itself may have none. */
function gradientsOf(members: readonly Member[], own: tf.NamedTensorMap, together?: Together): tf.Tensor[] {
  if (!together) return members.map(({ variable }) => own[variable.name]!);
  return tf.tidy(() => {
    const vector = join(members.map(({ variable }) => own[variable.name] ?? tf.zerosLike(variable)));
    const shapes = members.map(({ variable }) => variable.shape);
    return apart(together.sum(vector), shapes, kernels().split);
  });
}

function normOf(grads: readonly tf.Tensor[]): number {
  return tf.tidy(() => Math.sqrt(tf.addN(grads.map((grad) => kernels().squareSum(grad))).dataSync()[0]!));
}

function update({ members, moments }: Group, grads: readonly tf.Tensor[], step: AdamStep): void {
  const values = moments.step(
    members.map(({ variable }) => variable),
    grads,
    step,
  );
  members.forEach(({ variable }, i) => {
    variable.assign(values[i]!);
  });
  tf.dispose(values);
}
