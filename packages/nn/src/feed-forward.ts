import * as tf from '@tensorflow/tfjs';
import { activationKernel } from './activations';
import { drawKept } from './dropout';
import { isRounded, widened } from './kernels/bf16-product';
import type { Activation } from './kernels/types';
import { initLinear } from './linear';
import { type LinearParams, type LoraOptions, linearPart } from './linear-part';
import { asRead } from './mat-mul';
import { evaluating, type Mode, modeFor } from './mode';
import { oneNode } from './one-node';
import type { Rng } from './random';
import { asIn, asRows } from './rows';

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
  lora?: LoraOptions,
): T {
  const { value: activate, both } = activationKernel(activation);
  const innerPart = linearPart(inner, lora, modeFor(mode, 1));
  const outerPart = linearPart(outer, lora, modeFor(mode, 2));
  return oneNode<T>([x, ...innerPart.inputs, ...outerPart.inputs], (save) => {
    const rows = innerPart.reads(asRows(x));
    const { value: hidden, saved: ofInner } = innerPart.apply(rows);
    const kept = drawKept(hidden.shape, rate, mode);
    const { value, saved: ofOuter } = tf.tidy(() => outerPart.apply(activate(hidden, kept, rate)));
    save([rows, isRounded(rows) ? asRead(hidden) : hidden, ...ofInner, ...ofOuter, ...(kept ? [kept] : [])]);
    const [outerStart, keptAt] = [2 + ofInner.length, 2 + ofInner.length + ofOuter.length];
    const gradient = (dy: T, saved: tf.Tensor[]) => {
      const [rows, hidden, kept] = [saved[0]!, saved[1]!, saved[keptAt]];
      const dRows = asRows(dy);
      const { dHidden, ofOuter } = tf.tidy(() => {
        const { value, gradient } = both(widened(hidden), kept, rate);
        const [dActivated, ...ofOuter] = outerPart.gradients(value, saved.slice(outerStart, keptAt), dRows);
        return { dHidden: gradient(dActivated), ofOuter };
      });
      const [dx, ...ofInner] = innerPart.gradients(rows, saved.slice(2, outerStart), dHidden);
      return [asIn(dx, x.shape), ...ofInner, ...ofOuter];
    };
    return { value: asIn(value, x.shape) as T, gradient };
  });
}
