import type * as tf from '@tensorflow/tfjs';

/** What the native backend does in a way of its own. */
export type Kernels = {
  /**
   * Which entries a dropout keeps: 0 and 1 / (1 - rate), or, of a large draw, one byte an entry, false and true.
   *
   * @param rate Above 0, below 1.
   */
  drawKept(shape: number[], rate: number, seed: number): tf.Tensor;
  /** Adam's means that start from the given ones, which the caller still owns. */
  adamMoments(first: tf.Tensor1D, second: tf.Tensor1D): Moments;
};

/** Adam's two running means for a vector of weights. */
export type Moments = {
  /** Takes the gradient in and returns the new value; `value` stays as it is. */
  step(value: tf.Tensor1D, grad: tf.Tensor1D, step: AdamStep): tf.Tensor1D;
  /** The two means, as new tensors. */
  read(): [first: tf.Tensor1D, second: tf.Tensor1D];
  dispose(): void;
};

export type AdamStep = {
  learningRate: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** This step's number, from 1. */
  count: number;
};
