import type * as tf from '@tensorflow/tfjs';

/** What the native backend does in a way of its own. What is computed here has no gradient. */
export type Kernels = {
  /**
   * Which entries a dropout keeps: 0 and 1 / (1 - rate), or one byte an entry, false and true. `drop` reads both.
   *
   * @param rate Above 0, below 1.
   */
  drawKept(shape: number[], rate: number, seed: number): tf.Tensor;
  /** x / (1 - rate) where it is kept, 0 elsewhere. */
  drop(x: tf.Tensor, kept: tf.Tensor, rate: number): tf.Tensor;
  /** a · b over the last two axes, either one transposed first; leading axes must be equal. */
  product(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor;
  /** rows + bias, [n, d] and [d]. The rows are given up: they may be written into and returned. */
  addBias(rows: tf.Tensor, bias: tf.Tensor): tf.Tensor2D;
  /** The sum of all rows, [n, d] -> [d]: the gradient of a bias. */
  sumRows(rows: tf.Tensor2D): tf.Tensor1D;
  /**
   * Rows [n, D] -> [m, D] by their numbers.
   *
   * @param index int32 [m], 0 .. n; n, which is no row, gives zeros.
   */
  takeRows(rows: tf.Tensor, index: tf.Tensor1D): tf.Tensor2D;
  /**
   * Rows [n, D] -> heads [B, H, T, D / H].
   *
   * @param index As of `takeRows`, [B · T]; without, there is a row for each position.
   */
  splitHeads(rows: tf.Tensor, shape: readonly [B: number, T: number, H: number], index?: tf.Tensor1D): tf.Tensor4D;
  /**
   * Heads [B, H, T, d] -> rows [m, H · d].
   *
   * @param index int32 [m], positions in B · T; without, all.
   */
  mergeHeads(heads: tf.Tensor, index?: tf.Tensor1D): tf.Tensor2D;
  activations: Readonly<Record<Activation, ActivationKernel>>;
  /** Layer norm over the last axis of x, or of x + dropout(change). */
  addNorm(inputs: NormInputs): Normed;
  addNormGradients(inputs: NormGradientInputs): NormGradients;
  /**
   * Over the last axis, of scores times the temperature where the mask is open.
   *
   * @param scores [B, H, Q, K]
   * @param mask [B, K], 1 = open; a row that is closed everywhere gives even weights.
   */
  softmax(scores: tf.Tensor, mask: tf.Tensor2D, temperature: number): tf.Tensor;
  /**
   * The scores' gradient.
   *
   * @param probs What `softmax` gave.
   * @param dDropped The gradient of dropout(probs).
   */
  softmaxGradient(
    probs: tf.Tensor,
    dDropped: tf.Tensor,
    kept: tf.Tensor | undefined,
    rate: number,
    temperature: number,
  ): tf.Tensor;
  /** Parts of a vector, of these sizes one after the other. */
  split(vector: tf.Tensor1D, sizes: readonly number[]): tf.Tensor1D[];
  /** The sum of the squares of all entries. */
  squareSum(x: tf.Tensor): tf.Scalar;
  /** Adam's means of some parameters that start from the given ones, which the caller still owns. */
  adamMoments(first: readonly tf.Tensor[], second: readonly tf.Tensor[]): Moments;
};

/** What a configuration can name. */
export type Activation = 'identity' | 'relu' | 'gelu' | 'gelu-tanh';

/** An activation, and dropout after it where it is said what is kept. */
export type ActivationKernel = {
  value(x: tf.Tensor, kept?: tf.Tensor, rate?: number): tf.Tensor;
  /** The value, and from the gradient of that the one of x, which must be there still. */
  both(x: tf.Tensor, kept?: tf.Tensor, rate?: number): { value: tf.Tensor; gradient(dy: tf.Tensor): tf.Tensor };
};

/** x and change [..., D]; weight and bias [D]; epsilon is added to the variance. */
export type NormInputs = {
  x: tf.Tensor;
  change?: tf.Tensor;
  /** Of the change. */
  kept?: tf.Tensor | undefined;
  rate?: number;
  weight: tf.Tensor;
  bias: tf.Tensor;
  epsilon: number;
};

/** The value, and for its gradient what was scaled, and by how much it had been made of unit variance. */
export type Normed = { value: tf.Tensor; unit: tf.Tensor; scale: tf.Tensor };

export type NormGradientInputs = Omit<Normed, 'value'> & {
  dy: tf.Tensor;
  weight: tf.Tensor;
  kept?: tf.Tensor | undefined;
  rate?: number;
};

/** `dChange` only of a change with dropout; without, it is `dx`. */
export type NormGradients = { dx: tf.Tensor; dChange?: tf.Tensor; dWeight: tf.Tensor; dBias: tf.Tensor };

/** Adam's two running means of some parameters, in their order and shapes. */
export type Moments = {
  /** Takes the gradients in and returns the new values; `values` stay as they are. */
  step(values: readonly tf.Tensor[], grads: readonly tf.Tensor[], step: AdamStep): tf.Tensor[];
  /** The two means, as new tensors that later steps do not change. */
  read(): [first: tf.Tensor[], second: tf.Tensor[]];
  dispose(): void;
};

export type AdamStep = {
  /** What the gradients are multiplied by first, to clip them. */
  gradScale: number;
  learningRate: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** This step's number, from 1. */
  count: number;
};
