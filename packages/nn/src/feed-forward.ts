import * as tf from '@tensorflow/tfjs';
import { type Activation, derivatives } from './activations';
import { drawKept, factors } from './dropout';
import { initLinear, type LinearParams, project, projectGradients } from './linear';
import { evaluating, type Mode } from './mode';
import { oneNode } from './one-node';
import type { Rng } from './random';

export type FeedForwardParams = { inner: LinearParams; outer: LinearParams };

export function initFeedForward(dModel: number, width: number, rng: Rng): FeedForwardParams {
  return { inner: initLinear(dModel, width, rng), outer: initLinear(width, dModel, rng) };
}

/**
 * Two linear layers at every position with an activation, and dropout if asked, between. One node of the tape, its gradient written
 * by hand; the activation is computed again for it rather than kept.
 *
 * @param x [..., D]
 * @returns [..., D]
 */
export function feedForward<T extends tf.Tensor>(
  { inner, outer }: FeedForwardParams,
  x: T,
  activation: Activation,
  rate = 0,
  mode: Mode = evaluating,
): T {
  const { value: activate, both } = derivatives[activation];
  return oneNode<T>([x, inner.weight, inner.bias, outer.weight, outer.bias], (save) => {
    const rows = tf.reshape(x, [-1, inner.weight.shape[0]]);
    const hidden = project(rows, inner.weight, inner.bias);
    const kept = drawKept(hidden.shape, rate, mode);
    const drop = (h: tf.Tensor, kept: tf.Tensor | undefined) => (kept ? tf.mul(h, factors(kept, rate)) : h);
    const value = tf.tidy(() => project(drop(activate(hidden), kept), outer.weight, outer.bias));
    save([rows, hidden, inner.weight, outer.weight, ...(kept ? [kept] : [])]);
    const gradient = (dy: T, [rows, hidden, wInner, wOuter, kept]: tf.Tensor[]) => {
      const dRows = tf.reshape(dy, [-1, wOuter!.shape[1]!]);
      const [dHidden, dOuter, dOuterBias] = tf.tidy(() => {
        const { value, slope } = both(hidden!);
        const [dActivated, dWeight, dBias] = projectGradients(drop(value, kept), wOuter!, dRows);
        return [tf.mul(drop(dActivated, kept), slope), dWeight, dBias];
      });
      const [dx, dInner, dInnerBias] = projectGradients(rows!, wInner!, dHidden!);
      return [tf.reshape(dx, x.shape), dInner, dInnerBias, dOuter!, dOuterBias!];
    };
    return { value: tf.reshape(value, [...x.shape.slice(0, -1), outer.weight.shape[1]]) as T, gradient };
  });
}
