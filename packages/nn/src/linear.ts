import * as tf from '@tensorflow/tfjs';
import { product } from './mat-mul';
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
 * A matrix product over the last axis, plus a bias: one node of the gradient tape.
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
  const apply = tf.customGrad((x, weight, bias, save) => {
    const input = x as tf.Tensor;
    const rows = tf.reshape(input, [-1, dIn]);
    (save as tf.GradSaveFunc)([rows, weight as tf.Tensor]);
    const value = tf.reshape(tf.add(product(rows, weight as tf.Tensor), bias as tf.Tensor), [
      ...input.shape.slice(0, -1),
      dOut,
    ]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [rows, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
      const dRows = tf.reshape(dy, [-1, dOut]);
      return [
        tf.reshape(product(dRows, weight, false, true), [...dy.shape.slice(0, -1), dIn]),
        product(rows, dRows, true, false),
        tf.sum(dRows, 0),
      ];
    };
    return { value, gradFunc };
  });
  return apply(x, weight, bias) as T;
}

/** `linear` with its parameters as a tree. */
export function linearLayer<T extends tf.Tensor>(params: LinearParams, x: T): T {
  return linear(x, params.weight, params.bias);
}
