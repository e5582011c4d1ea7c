import * as tf from '@tensorflow/tfjs';
import { type LinearParams, linearPart } from './linear-part';
import { oneNode } from './one-node';
import { kaimingUniform, type Rng } from './random';
import { asIn, asRows } from './rows';

/** Weights as PyTorch's `Linear` starts them, zero bias. */
export function initLinear(dIn: number, dOut: number, rng: Rng): LinearParams {
  return { weight: kaimingUniform<tf.Rank.R2>([dIn, dOut], dIn, rng), bias: tf.zeros<tf.Rank.R1>([dOut]) };
}

/**
 * A matrix product over the last axis, plus a bias.
 *
 * @param x [..., dIn]
 * @param weight [dIn, dOut], or what `packWeights` made of it
 * @param bias [dOut]
 * @returns [..., dOut]
 * @throws If x's last axis is not dIn.
 */
export function linear<T extends tf.Tensor>(x: T, weight: tf.Tensor2D, bias: tf.Tensor1D): T {
  const dIn = weight.shape.at(-2);
  if (x.shape.at(-1) !== dIn) throw new Error(`linear x: expected [..., ${dIn}], got [${x.shape.join(', ')}]`);
  const part = linearPart({ weight, bias });
  return oneNode<T>([x, ...part.inputs], (save) => {
    const rows = part.reads(asRows(x));
    const { value, saved } = part.apply(rows);
    save([rows, ...saved]);
    const gradient = (dy: T, [rows, ...saved]: tf.Tensor[]) => {
      const [dRows, ...grads] = part.gradients(rows!, saved, asRows(dy));
      return [asIn(dRows, x.shape), ...grads];
    };
    return { value: asIn(value, x.shape) as T, gradient };
  });
}

/** `linear` with its parameters as a tree. */
export function linearLayer<T extends tf.Tensor>(params: LinearParams, x: T): T {
  return linear(x, params.weight, params.bias);
}
