import * as tf from '@tensorflow/tfjs';
import { product } from './mat-mul';
import { oneNode } from './one-node';
import { kaimingUniform, type Rng } from './random';

export type LinearParams = {
  /** [dIn, dOut] */ weight: tf.Tensor2D;
  /** [dOut] */ bias: tf.Tensor1D;
};

/** Weights as PyTorch's `Linear` starts them, zero bias. */
export function initLinear(dIn: number, dOut: number, rng: Rng): LinearParams {
  return { weight: kaimingUniform<tf.Rank.R2>([dIn, dOut], dIn, rng), bias: tf.zeros<tf.Rank.R1>([dOut]) };
}

/**
 * A matrix product over the last axis, plus a bias.
 *
 * @param x [..., dIn]
 * @param weight [dIn, dOut]
 * @param bias [dOut]
 * @returns [..., dOut]
 * @throws If x's last axis is not dIn.
 */
export function linear<T extends tf.Tensor>(x: T, weight: tf.Tensor2D, bias: tf.Tensor1D): T {
  const [dIn, dOut] = weight.shape;
  if (x.shape.at(-1) !== dIn) throw new Error(`linear x: expected [..., ${dIn}], got [${x.shape.join(', ')}]`);
  return oneNode<T>([x, weight, bias], (save) => {
    const rows = tf.reshape(x, [-1, dIn]) as tf.Tensor2D;
    save([rows, weight]);
    const value = tf.reshape(project(rows, weight, bias), [...x.shape.slice(0, -1), dOut]) as T;
    const gradient = (dy: T, [rows, weight]: tf.Tensor[]) => {
      const dRows = tf.reshape(dy, [-1, dOut]) as tf.Tensor2D;
      const [dx, ...params] = projectGradients(rows!, weight!, dRows);
      return [tf.reshape(dx, x.shape), ...params];
    };
    return { value, gradient };
  });
}

/** `linear` with its parameters as a tree. */
export function linearLayer<T extends tf.Tensor>(params: LinearParams, x: T): T {
  return linear(x, params.weight, params.bias);
}

/** rows [n, dIn] -> [n, dOut], without a gradient: for layers that write their own. */
export function project(rows: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => tf.add(product(rows, weight), bias));
}

/** The gradients of `project`: of the rows, the weight and the bias. */
export function projectGradients(
  rows: tf.Tensor,
  weight: tf.Tensor,
  dy: tf.Tensor,
): [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D] {
  return [
    product(dy, weight, false, true) as tf.Tensor2D,
    product(rows, dy, true, false) as tf.Tensor2D,
    tf.sum(dy, 0) as tf.Tensor1D,
  ];
}
