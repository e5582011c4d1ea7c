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
  /** rows · weight + bias, [n, dIn], [dIn, dOut] or what `pack` made of it, and [dOut]; absent where it is a product and a sum. */
  project?(rows: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor2D;
  /** A weight [dIn, dOut] in the order in which `project` reads it fastest, [panels, dIn, columns of a panel]; absent where that is its own. */
  pack?(weight: tf.Tensor2D): tf.Tensor3D;
  /**
   * A convolution over time without padding, whose windows are not laid out first; absent where they must be: x [B, T, C] -> [B, F, O], F = floor((T - K) / stride) + 1.
   *
   * @param filter [K, C, O], K at most T.
   * @param bias [O]
   */
  convolution?(x: tf.Tensor3D, filter: tf.Tensor3D, bias: tf.Tensor1D | undefined, stride: number): tf.Tensor3D;
  /** A convolution over time in groups of channels; absent where it is made of products. */
  groupedConvolution?: GroupedConvolution;
  /** The sum of all rows, [n, d] -> [d]: the gradient of a bias. */
  sumRows(rows: tf.Tensor2D): tf.Tensor1D;
  /**
   * Rows [n, D] -> [m, D] by their numbers.
   *
   * @param index int32 [m], 0 .. n; n, which is no row, gives zeros.
   */
  takeRows(rows: tf.Tensor, index: tf.Tensor1D): tf.Tensor2D;
  activations: Readonly<Record<Activation, ActivationKernel>>;
  /** Layer norm over the last axis of x, or of x + dropout(change). */
  addNorm(inputs: NormInputs): Normed;
  /** The value of `addNorm` where there will be no gradient; absent where the rest costs nothing more. */
  addNormValue?(inputs: NormInputs): tf.Tensor;
  addNormGradients(inputs: NormGradientInputs): NormGradients;
  /**
   * Attention, head by head: softmax(queries · keysᵀ · temperature), of which dropout keeps some, times the values.
   *
   * @param rows Of a head's d numbers side by side, [R, H · d].
   * @returns A row for each query, and what the gradients read.
   */
  attend(rows: AttentionRows, of: AttentionOf): { value: tf.Tensor2D; saved: tf.Tensor[] };
  /** @param of What `attend` was given; its tensors may have been freed since. */
  attendGradients(saved: readonly tf.Tensor[], dy: tf.Tensor, of: AttentionOf): AttentionGradients;
  /** Low-rank experts, each of the samples that hold it alone; none where there is no operation for it. */
  experts?: ExpertKernels;
  /** Parts of a vector, of these sizes one after the other. */
  split(vector: tf.Tensor1D, sizes: readonly number[]): tf.Tensor1D[];
  /** The sum of the squares of all entries. */
  squareSum(x: tf.Tensor): tf.Scalar;
  /** Adam's means of some parameters that start from the given ones, which the caller still owns. */
  adamMoments(first: readonly tf.Tensor[], second: readonly tf.Tensor[]): Moments;
};

/** Of x [B, T, G · c] and a filter [K, c, G · o], with fewer than K zero frames before and after: [B, T + before + after - K + 1, G · o]. */
export type GroupedConvolution = {
  value(x: tf.Tensor3D, filter: tf.Tensor3D, bias: tf.Tensor1D | undefined, of: ConvolutionGroups): tf.Tensor3D;
  /** Of x and of the filter. */
  gradients(x: tf.Tensor3D, filter: tf.Tensor3D, dy: tf.Tensor3D, of: ConvolutionGroups): [tf.Tensor3D, tf.Tensor3D];
};

export type ConvolutionGroups = { groups: number; before: number; after: number };

/** What a configuration can name. */
export type Activation = 'identity' | 'relu' | 'gelu' | 'gelu-tanh';

/** An activation, and dropout after it where it is said what is kept. */
export type ActivationKernel = {
  value(x: tf.Tensor, kept?: tf.Tensor, rate?: number): tf.Tensor;
  /** The value, and from the gradient of that the one of x, which must be there still. */
  both(x: tf.Tensor, kept?: tf.Tensor, rate?: number): { value: tf.Tensor; gradient(dy: tf.Tensor): tf.Tensor };
};

/** Where the rows of a batch [B, T] stand: of each its position in B · T, and of each position its row, or their number where it has none. int32 */
export type Places = { B: number; T: number; packed?: { positions: tf.Tensor1D; rows: tf.Tensor1D } };

export type AttentionRows = { queries: tf.Tensor; keys: tf.Tensor; values: tf.Tensor };

export type AttentionGradients = { dQueries: tf.Tensor2D; dKeys: tf.Tensor2D; dValues: tf.Tensor2D };

export type AttentionOf = {
  /** Of the queries. */ own: Places;
  /** Of the keys and values. */ other: Places;
  heads: number;
  /** [B, K], 1 = open; where all are closed, a query attends to all alike. */
  mask: tf.Tensor2D;
  /** [B, H, Q, K] */
  kept: tf.Tensor | undefined;
  rate: number;
  temperature: number;
};

/** Experts whose weights are side by side along an axis of size S, the sum of their ranks: of each sample those that it holds. */
export type HeldExperts = {
  /** int32 [N], from 0 */ ranks: tf.Tensor1D;
  /** int32 [B, N] */ held: tf.Tensor2D;
  /** [B, T], 1 = real frame; what is behind a sample's last one is left out, and is 0 in results. */ mask: tf.Tensor2D;
};

export type ExpertWeights = {
  /** [taps, D, S], an odd number of taps */ down: tf.Tensor3D;
  /** [S] */ downBias: tf.Tensor1D;
  /** [S, D] */ up: tf.Tensor2D;
  /** [N, D] */ upBias: tf.Tensor2D;
};

/** A request for Σ over n of gates[b, n] · expert n, over the experts that are held and used. */
export type ExpertGates = { /** [B, N] */ gates: tf.Tensor2D /** int32 [B, N] */; used: tf.Tensor2D };

export type ExpertKernels = {
  /**
   * The hidden units of the experts that are held, sample by sample in an order of the kernel's own, where activations may be applied.
   *
   * @param x [B, T, D]
   */
  units(x: tf.Tensor, weights: Pick<ExpertWeights, 'down' | 'downBias'>, of: HeldExperts): tf.Tensor1D;
  unitsGradients(
    x: tf.Tensor,
    down: tf.Tensor,
    of: HeldExperts,
    dy: tf.Tensor,
  ): { dx: tf.Tensor; dDown: tf.Tensor; dDownBias: tf.Tensor };
  /** [B, T, D] */
  sums(
    units: tf.Tensor,
    request: ExpertGates,
    weights: Pick<ExpertWeights, 'up' | 'upBias'>,
    of: HeldExperts,
  ): tf.Tensor3D;
  sumsGradients(
    units: tf.Tensor,
    request: ExpertGates,
    weights: Pick<ExpertWeights, 'up' | 'upBias'>,
    of: HeldExperts,
    dy: tf.Tensor,
  ): { dUnits: tf.Tensor; dGates: tf.Tensor; dUp: tf.Tensor; dUpBias: tf.Tensor };
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
