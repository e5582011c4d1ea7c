import * as tf from '@tensorflow/tfjs';
import { drawKept, factors } from './dropout';
import { evaluating, type Mode } from './mode';
import { oneNode } from './one-node';
import { isFrozen } from './params';

export type LayerNormParams = {
  /** [D] */ weight: tf.Tensor1D;
  /** [D] */ bias: tf.Tensor1D;
};

export function initLayerNorm(dModel: number): LayerNormParams {
  return { weight: tf.ones<tf.Rank.R1>([dModel]), bias: tf.zeros<tf.Rank.R1>([dModel]) };
}

/**
 * Zero mean and unit (population) variance over the last axis, then scale and shift.
 *
 * @param x [..., D]
 * @param epsilon Added to the variance.
 */
export function layerNorm<T extends tf.Tensor>({ weight, bias }: LayerNormParams, x: T, epsilon = 1e-5): T {
  return oneNode<T>([x, weight, bias], (save) => {
    const { unit, scale } = normalise(x, epsilon);
    save([unit, scale, weight]);
    return {
      value: tf.add(tf.mul(unit, weight), bias),
      gradient: (dy, [unit, scale, scaled]) => normGradients({ weight, bias }, dy, unit!, scale!, scaled!),
    };
  });
}

/**
 * What ends each part of a post-norm transformer layer: the layer norm of x + dropout(change).
 *
 * @param x [..., D]
 * @param change [..., D]
 */
export function addNorm<T extends tf.Tensor>(
  { weight, bias }: LayerNormParams,
  x: T,
  change: T,
  { dropout: rate = 0, epsilon = 1e-5 }: { dropout?: number; epsilon?: number } = {},
  mode: Mode = evaluating,
): T {
  return oneNode<T>([x, change, weight, bias], (save) => {
    const kept = drawKept(change.shape, rate, mode);
    const { unit, scale } = normalise(tf.add(x, kept ? tf.mul(change, factors(kept, rate)) : change), epsilon);
    save([unit, scale, weight, ...(kept ? [kept] : [])]);
    const gradient = (dy: T, [unit, scale, scaled, kept]: tf.Tensor[]) => {
      const [dSum, dWeight, dBias] = normGradients({ weight, bias }, dy, unit!, scale!, scaled!);
      return [dSum, kept ? tf.mul(dSum, factors(kept, rate)) : tf.clone(dSum), dWeight, dBias];
    };
    return { value: tf.add(tf.mul(unit, weight), bias), gradient };
  });
}

function normalise(x: tf.Tensor, epsilon: number) {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { unit: tf.mul(centred, scale), scale };
}

/** Of what was normalised, of the weight and of the bias; undefined of a frozen one. @param scaled The weight, as it was saved. */
function normGradients(
  { weight, bias }: LayerNormParams,
  dy: tf.Tensor,
  unit: tf.Tensor,
  scale: tf.Tensor,
  scaled: tf.Tensor,
): [tf.Tensor, tf.Tensor | undefined, tf.Tensor | undefined] {
  const leading = dy.shape.slice(0, -1).map((_, axis) => axis);
  const dx = tf.tidy(() => {
    const dUnit = tf.mul(dy, scaled);
    const along = tf.mul(unit, tf.mean(tf.mul(dUnit, unit), -1, true));
    return tf.mul(scale, tf.sub(tf.sub(dUnit, tf.mean(dUnit, -1, true)), along));
  });
  return [
    dx,
    isFrozen(weight) ? undefined : tf.sum(tf.mul(dy, unit), leading),
    isFrozen(bias) ? undefined : tf.sum(dy, leading),
  ];
}
