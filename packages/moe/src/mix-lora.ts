import { applyMask, assertShape, matMul, normal, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { balanceLoss } from './balance';
import {
  assertFits,
  type FrozenLinearParams,
  frozenLinear,
  initLoraExperts,
  joinedA,
  joinedB,
  type LoraExpertParams,
  type LoraScaling,
  ranksOf,
  scalesOf,
} from './lora-mixture';
import { pieces } from './shared-experts';
import { topKGates } from './top-k';

// B batch, T time, D dModel, F width of the feed-forward, N experts, S the sum of their ranks

/**
 * A feed-forward's linear layers, by Hugging Face's names for LLaMA: down(activation(up x)), or with a `gate_proj`
 * down(activation(gate x) · up x).
 */
type FeedForward<Layer> = { up_proj: Layer; down_proj: Layer; gate_proj?: Layer };

/** [F, D] of `up_proj` and `gate_proj`, [D, F] of `down_proj`. */
export type FrozenFeedForwardParams = FeedForward<FrozenLinearParams>;

export type MixLoraParams = {
  base: FrozenFeedForwardParams;
  /** [N, D] */ router: { weight: tf.Tensor2D };
  /** What each expert adds to each of the layers. */ experts: readonly FeedForward<LoraExpertParams>[];
};

export type MixLoraOptions = LoraScaling & {
  /** Experts that a frame gets. Default: 2, as the paper's. */ topK?: number;
  /** Between the linear layers, one of `activations` of `@mmolre/nn` or your own. Default: none. */
  activation?: (hidden: tf.Tensor3D) => tf.Tensor3D;
};

export type MixLoraOutput = {
  /** [B, T, D], padded frames 0 */ output: tf.Tensor3D;
  /** [B, T, N], of each frame 0 where an expert was not selected, in sum 1; padded frames 0 */ gates: tf.Tensor3D;
  /** [B, T, N], before softmax, for `zLoss` */ logits: tf.Tensor3D;
  /** How unevenly the experts are used, over the real frames; 0 = evenly. Not weighted. */ balanceLoss: tf.Scalar;
};

/** A router (normal, deviation 0.02) and experts that change nothing yet, one for each of the ranks, beside a feed-forward. */
export function initMixLora(base: FrozenFeedForwardParams, ranks: readonly number[], rng: Rng): MixLoraParams {
  const router = { weight: normal<tf.Rank.R2>([ranks.length, base.up_proj.weight.shape[1]], 0.02, rng) };
  const [up, down] = [base.up_proj, base.down_proj].map((layer) => initLoraExperts(layer, ranks, rng));
  const gate = base.gate_proj && initLoraExperts(base.gate_proj, ranks, rng);
  const experts = ranks.map((_, n) => ({
    up_proj: up![n]!,
    down_proj: down![n]!,
    ...(gate && { gate_proj: gate[n]! }),
  }));
  return { base, router, experts };
}

/**
 * MixLoRA's feed-forward: each expert is the frozen feed-forward with low-rank changes of its own to all its linear layers, and each
 * frame gets k of them, weighted by a softmax that is made to sum to 1 over the k.
 *
 *   y = sum over top-k of g_n · E_n(x)
 *
 * The products with the frozen weights are computed once for all experts, the last one too: it is linear and the gates sum to 1. The
 * activation between is computed for every expert at every frame, also where the gate is 0.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real frame; left out, every frame is.
 * @throws If x or an expert's weights do not fit, or topK is not 1 .. N.
 * @see Li et al., MixLoRA, 2024, https://arxiv.org/abs/2404.15159, section 3
 */
export function mixLora(
  { base, router, experts }: MixLoraParams,
  x: tf.Tensor3D,
  mask?: tf.Tensor2D,
  { topK = 2, activation = (hidden) => hidden, ...scaling }: MixLoraOptions = {},
): MixLoraOutput {
  const [B, T] = x.shape;
  const [F, D] = base.up_proj.weight.shape;
  const N = experts.length;
  assertShape(x, ['B', 'T', D], 'mixLora x');
  assertShape(base.down_proj.weight, [D, F], 'mixLora base.down_proj.weight');
  if (base.gate_proj) assertShape(base.gate_proj.weight, [F, D], 'mixLora base.gate_proj.weight');
  else if (experts.some((expert) => expert.gate_proj))
    throw new Error('mixLora experts: expected no gate_proj, as the base has none');
  assertShape(router.weight, [N, D], 'mixLora router.weight');
  if (!Number.isInteger(topK) || topK < 1 || topK > N) throw new Error(`mixLora topK: expected 1 .. ${N}, got ${topK}`);
  const ofLayer = (layer: keyof FrozenFeedForwardParams) => {
    const own = experts.flatMap((expert) => expert[layer] ?? []);
    if (own.length !== N) throw new Error(`mixLora experts: expected a ${layer} in each of ${N}, got ${own.length}`);
    assertFits(own, base[layer]!, `mixLora ${layer} of the experts`);
    return own;
  };
  /** [B, T, F] of each expert: the frozen product and its change of it. */
  const changed = (layer: 'up_proj' | 'gate_proj'): tf.Tensor3D[] => {
    const own = ofLayer(layer);
    const [frozen, scales] = [frozenLinear(base[layer]!, x), scalesOf(own, scaling)];
    const narrow = pieces(matMul(tf.reshape(x, [B * T, D]), joinedA(own), false, true), ranksOf(own), 1);
    return own.map(({ lora_B }, n) => {
      const added = matMul(tf.mul(narrow[n]!, scales[n]!), lora_B.weight as tf.Tensor, false, true);
      return tf.add(frozen, tf.reshape(added, frozen.shape));
    });
  };
  return tf.tidy(() => {
    const logits = tf.reshape(matMul(tf.reshape(x, [B * T, D]), router.weight, false, true), [B, T, N]);
    const chosen = topKGates(tf.softmax(logits) as tf.Tensor3D, topK, true);
    const gates = mask ? applyMask(chosen, mask) : chosen;

    const [ups, gating] = [changed('up_proj'), base.gate_proj && changed('gate_proj')];
    const weights = pieces(gates, N, 2);
    const weighted = ups.map((up, n) => {
      const hidden = gating ? tf.mul(activation(gating[n]!), up) : activation(up);
      return tf.mul(hidden, weights[n]!) as tf.Tensor3D;
    });
    const down = ofLayer('down_proj');
    const scales = scalesOf(down, scaling);
    const narrow = down.map(({ lora_A }, n) => {
      const rows = tf.reshape(weighted[n]!, [B * T, -1]);
      return tf.mul(matMul(rows, lora_A.weight as tf.Tensor, false, true), scales[n]!);
    });
    const added = tf.reshape(matMul(tf.concat(narrow, 1), joinedB(down), false, true), [B, T, -1]);
    const output = tf.add(frozenLinear(base.down_proj, tf.addN(weighted)), added) as tf.Tensor3D;
    return {
      output: mask ? applyMask(output, mask) : output,
      gates,
      logits: logits as tf.Tensor3D,
      balanceLoss: balanceLoss(gates, mask),
    };
  });
}
