import * as tf from '@tensorflow/tfjs';
import { drawKept } from './dropout';
import { kernels } from './kernels/kernels';
import { evaluating, type Mode } from './mode';
import { oneNode } from './one-node';

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
  const alone = normAlone();
  if (alone) return alone({ x, weight, bias, epsilon }) as T;
  return oneNode<T>([x, weight, bias], (save) => {
    const { value, unit, scale } = kernels().addNorm({ x, weight, bias, epsilon });
    save([unit, scale, weight]);
    const gradient = (dy: T, [unit, scale, weight]: tf.Tensor[]) => {
      const { dx, dWeight, dBias } = kernels().addNormGradients({ dy, unit: unit!, scale: scale!, weight: weight! });
      return [dx, dWeight, dBias];
    };
    return { value: value as T, gradient };
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
  const alone = normAlone();
  if (alone)
    return tf.tidy(() => {
      const kept = drawKept(change.shape, rate, mode);
      return alone({ x, change, kept, rate, weight, bias, epsilon }) as T;
    });
  return oneNode<T>([x, change, weight, bias], (save) => {
    const kept = drawKept(change.shape, rate, mode);
    const { value, unit, scale } = kernels().addNorm({ x, change, kept, rate, weight, bias, epsilon });
    save([unit, scale, weight, ...(kept ? [kept] : [])]);
    const gradient = (dy: T, [unit, scale, weight, kept]: tf.Tensor[]) => {
      const inputs = { dy, unit: unit!, scale: scale!, weight: weight!, kept, rate };
      const { dx, dChange, dWeight, dBias } = kernels().addNormGradients(inputs);
      return [dx, dChange ?? tf.clone(dx), dWeight, dBias];
    };
    return { value: value as T, gradient };
  });
}

/** What gives the value and nothing for a gradient, where there will be none. */
const normAlone = () => (tf.engine().isTapeOn() ? undefined : kernels().addNormValue);
