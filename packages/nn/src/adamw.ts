import * as tf from '@tensorflow/tfjs';
import { apart, firstGroups, type Group, join, type Member, separate } from './adamw-groups';
import type { AdamStep } from './kernels/types';

export type AdamWConfig = {
  /** Decoupled weight decay, times the learning rate. */
  weightDecay: number;
  /** 0.9 */ beta1?: number;
  /** 0.999 */ beta2?: number;
  /** 1e-8 */ epsilon?: number;
  /** Gradients are scaled down together when their joint 2-norm exceeds this; absent, never. */
  maxGradNorm?: number;
};

/** What AdamW knows of the parameters that it trains. A step changes it; `adamWMoments` reads it. */
export type AdamWState = { variables: ReadonlyMap<string, tf.Variable>; groups: Group[] };

/** A training has diverged: no parameter has changed in the step that found it. */
export class NotFiniteError extends Error {
  override name = 'NotFiniteError';
}

/** The state before the first step, for parameters by path: what `variables(params)` gives. */
export function initAdamW(variables: ReadonlyMap<string, tf.Variable>): AdamWState {
  return { variables, groups: firstGroups(variables) };
}

/**
 * One step down the gradient of `loss`, by AdamW as PyTorch has it (Loshchilov and Hutter, 2019): the decay does not pass through the
 * moments, and epsilon is added to the corrected root.
 *
 * A parameter that the loss does not reach in this step is left as it is, and its own count of steps too, as PyTorch does (layers that
 * are skipped at random).
 *
 * @returns The loss before the step.
 * @throws NotFiniteError if the loss or its gradient's norm, where it is clipped, is not finite (a run that has diverged); no parameter has changed then.
 */
export function adamWStep(state: AdamWState, config: AdamWConfig, loss: () => tf.Scalar, learningRate: number): number {
  const { weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, maxGradNorm } = config;
  const { value, grads: byName } = tf.variableGrads(loss, [...state.variables.values()]);
  const isReached = ({ variable }: Member) => byName[variable.name] !== undefined;
  state.groups = state.groups.flatMap((group) => separate(group, isReached));
  const reached = state.groups.filter(({ members }) => isReached(members[0]!));
  const grads = tf.tidy(() =>
    reached.map(({ members }) => join(members.map(({ variable }) => byName[variable.name]!))),
  );
  tf.dispose(byName);
  const norm = maxGradNorm === undefined ? 0 : tf.tidy(() => Math.sqrt(tf.addN(grads.map(squareSum)).dataSync()[0]!));
  const lossBefore = value.dataSync()[0]!;
  value.dispose();
  if (!Number.isFinite(lossBefore) || !Number.isFinite(norm)) {
    tf.dispose(grads);
    const steps = Math.max(...state.groups.map(({ count }) => count));
    throw new NotFiniteError(
      `the loss or its gradient is not a finite number after ${steps} steps: lower the learning rate`,
    );
  }
  const scale = maxGradNorm === undefined ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
  reached.forEach((group, i) => {
    const grad = scale === 1 ? grads[i]! : (tf.mul(grads[i]!, scale) as tf.Tensor1D);
    update(group, grad, { learningRate, weightDecay, beta1, beta2, epsilon, count: ++group.count });
    tf.dispose([grad, grads[i]!]);
  });
  return lossBefore;
}

/** Frees the moments. */
export function disposeAdamW(state: AdamWState): void {
  for (const { moments } of state.groups) moments.dispose();
  state.groups = [];
}

function update({ members, moments }: Group, grad: tf.Tensor1D, step: AdamStep): void {
  const values = tf.tidy(() => {
    const value = moments.step(join(members.map(({ variable }) => variable)), grad, step);
    return apart(value, members).map((part, i) => tf.reshape(part, members[i]!.variable.shape));
  });
  members.forEach(({ variable }, i) => {
    variable.assign(values[i]!);
  });
  tf.dispose(values);
}

function squareSum(x: tf.Tensor): tf.Scalar {
  return tf.sum(tf.square(x));
}
