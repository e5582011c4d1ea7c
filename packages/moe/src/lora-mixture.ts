import { applyMask, assertShape, kaimingUniform, matMul, oneNode, product, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type GateTensor, overFrames, rankSelector, timesMatrix } from './gates';

// B batch, T time, N experts, R rank of one, S = R1 + .. + RN

/** A linear layer that stays as it is, in PyTorch's orientation. It gets no gradient, variable or not. */
export type FrozenLinearParams = {
  /** [dOut, dIn] */ weight: tf.Tensor2D;
  /** [dOut] */ bias?: tf.Tensor1D;
};

/** What one expert adds to a linear layer, under PEFT's names and in its orientation. */
export type LoraExpertParams = {
  /** [R, dIn] */ lora_A: { weight: tf.Tensor2D };
  /** [dOut, R] */ lora_B: { weight: tf.Tensor2D };
};

export type LoraMixtureParams = {
  base: FrozenLinearParams;
  /** Their ranks may differ. */ experts: readonly LoraExpertParams[];
};

/** PEFT's `lora_alpha` and `use_rslora`. */
export type LoraScaling = {
  /** What an expert adds is multiplied by alpha / R; one for all, or one each. Default: 8, as PEFT's. */
  alpha?: number | readonly number[];
  /** alpha / √R in place of alpha / R (rsLoRA, Kalajdzievski, 2023). Default: false. */
  useRslora?: boolean;
};

/** Experts that change nothing yet, as PEFT starts them: A Kaiming-uniform, B 0. One for each of the ranks. */
export function initLoraExperts(base: FrozenLinearParams, ranks: readonly number[], rng: Rng): LoraExpertParams[] {
  const [dOut, dIn] = base.weight.shape;
  return ranks.map((R) => ({
    lora_A: { weight: kaimingUniform<tf.Rank.R2>([R, dIn], dIn, rng) },
    lora_B: { weight: tf.zeros<tf.Rank.R2>([dOut, R]) },
  }));
}

/**
 * A frozen linear layer plus what its low-rank experts add, each as much as its gate says:
 *
 *   y = W x + b + sum over n of g_n · scale_n · B_n A_n x
 *
 * With one expert and a gate of 1 it is LoRA as PEFT computes it, without dropout. All A's are one matrix product, and all B's another.
 *
 * @param x [B, T, dIn]
 * @param gates [B, N], by sample, or [B, T, N], by frame: from `router` or from anywhere else.
 * @param mask [B, T], 1 = real frame; left out, every frame is.
 * @returns [B, T, dOut], padded frames 0.
 * @throws If x, the gates or an expert's weights do not fit.
 * @see Hu et al., LoRA, 2022
 */
export function loraMixture(
  { base, experts }: LoraMixtureParams,
  x: tf.Tensor3D,
  gates: GateTensor,
  mask?: tf.Tensor2D,
  scaling: LoraScaling = {},
): tf.Tensor3D {
  const [B, T] = x.shape;
  const [dOut, dIn] = base.weight.shape;
  assertShape(x, ['B', 'T', dIn], 'loraMixture x');
  assertShape(gates, gates.rank === 3 ? [B, T, experts.length] : [B, experts.length], 'loraMixture gates');
  assertFits(experts, base, 'loraMixture experts');
  return tf.tidy(() => {
    const rows = tf.reshape(x, [B * T, dIn]);
    const hidden = tf.reshape(matMul(rows, joinedA(experts), false, true), [B, T, -1]);
    const selector = rankSelector(ranksOf(experts), undefined, scalesOf(experts, scaling));
    const scaled = tf.mul(hidden, overFrames(timesMatrix(gates, selector)));
    const added = matMul(tf.reshape(scaled, [B * T, -1]), joinedB(experts), false, true);
    const output = tf.add(frozenLinear(base, x), tf.reshape(added, [B, T, dOut])) as tf.Tensor3D;
    return mask ? applyMask(output, mask) : output;
  });
}

/** W x + b of each frame: a gradient reaches x and nothing else. */
export function frozenLinear({ weight, bias }: FrozenLinearParams, x: tf.Tensor3D): tf.Tensor3D {
  const [B, T] = x.shape;
  const [dOut, dIn] = weight.shape;
  return oneNode<tf.Tensor3D>([x], (save) => {
    save([weight]);
    const value = tf.tidy(() => {
      const rows = product(tf.reshape(x, [-1, dIn]), weight, false, true);
      return tf.reshape(bias ? tf.add(rows, bias) : rows, [B, T, dOut]);
    }) as tf.Tensor3D;
    const gradient = (dy: tf.Tensor3D, [weight]: tf.Tensor[]) => [
      tf.reshape(product(tf.reshape(dy, [-1, dOut]), weight!), x.shape),
    ];
    return { value, gradient };
  });
}

/** [S, dIn], the experts' A one below the other. */
export const joinedA = (experts: readonly LoraExpertParams[]): tf.Tensor2D =>
  tf.concat(experts.map(({ lora_A }) => lora_A.weight));

/** [dOut, S], the experts' B side by side. */
export const joinedB = (experts: readonly LoraExpertParams[]): tf.Tensor2D =>
  tf.concat(
    experts.map(({ lora_B }) => lora_B.weight),
    1,
  );

export const ranksOf = (experts: readonly LoraExpertParams[]): number[] =>
  experts.map(({ lora_A }) => lora_A.weight.shape[0]);

/** What each expert's part is multiplied by. */
export function scalesOf(experts: readonly LoraExpertParams[], { alpha = 8, useRslora }: LoraScaling): number[] {
  const given = typeof alpha === 'number' ? experts.map(() => alpha) : alpha;
  if (given.length !== experts.length)
    throw new Error(
      `lora alpha: expected one for all or one for each of ${experts.length} experts, got ${given.length}`,
    );
  return ranksOf(experts).map((R, n) => given[n]! / (useRslora ? Math.sqrt(R) : R));
}

/** @throws If an expert is not one of this linear layer, or there is none. */
export function assertFits(experts: readonly LoraExpertParams[], base: FrozenLinearParams, name: string): void {
  const [dOut, dIn] = base.weight.shape;
  if (experts.length === 0) throw new Error(`${name}: expected at least one, got none`);
  experts.forEach(({ lora_A, lora_B }, n) => {
    assertShape(lora_A.weight, ['R', dIn], `${name}.${n}.lora_A.weight`);
    assertShape(lora_B.weight, [dOut, lora_A.weight.shape[0]], `${name}.${n}.lora_B.weight`);
  });
}
