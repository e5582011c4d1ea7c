import { type HeldExperts, hasHeldExperts, heldSums, heldUnits, READS_BACK_CHEAPLY } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { fused, once, sparse } from './forms-by-products';
import { type GateTensor, overFrames } from './gates';
import { type LowRankExpertParams, lowRankExpert } from './low-rank-expert';
import type { Mixing, Request } from './mixing';
import { pieces, splitExperts } from './shared-experts';

// B batch, T time, D dModel, N experts, S = R1 + .. + RN, K kernel of the first convolution (3)

/** A way to compute what the gates take of the shared experts. All give the same result, to rounding. */
export type Form = 'loop' | 'fused' | 'sparse';

/** [B, T, D] for each request. */
export function mixExperts(mixing: Mixing, requests: readonly Request[], form: Form): tf.Tensor3D[] {
  const grouped = form !== 'loop' && canGroup(mixing, requests);
  return tf.tidy(() => (grouped ? held(mixing, requests, form) : forms[form](mixing, requests)));
}

/** A single expert, of every sample. */
export function mixOne(
  expert: LowRankExpertParams,
  x: tf.Tensor3D,
  { activation, mask }: Omit<Mixing, 'params' | 'ranks'>,
) {
  if (expert.up.rank === 3 || !hasHeldExperts()) return lowRankExpert(expert, x, activation, mask);
  return tf.tidy(() => {
    const params = { ...expert, upBias: tf.reshape(expert.upBias, [1, -1]) as tf.Tensor2D };
    const request = { x, gates: tf.ones<tf.Rank.R2>([x.shape[0], 1]) };
    return held({ params, ranks: [expert.downBias.size], activation, mask }, [request], 'fused')[0]!;
  });
}

const canGroup = ({ params }: Mixing, requests: readonly Request[]) =>
  params.up.rank === 2 && requests.every(({ gates }) => gates.rank === 2) && hasHeldExperts();

/** By the backend's operation for it: of each sample all experts, or those alone that a gate selects. Frames behind the last real one are 0. */
function held({ params, ranks, activation, mask }: Mixing, requests: readonly Request[], form: Form): tf.Tensor3D[] {
  const all = form === 'sparse' ? undefined : tf.ones<tf.Rank.R2>([mask.shape[0], ranks.length], 'int32');
  const selected = (gates: tf.Tensor) => all ?? (tf.cast(tf.greater(gates, 0), 'int32') as tf.Tensor2D);
  const sums = new Map<Request, tf.Tensor3D>();
  for (const x of new Set(requests.map(({ x }) => x))) {
    const reading = requests.filter((request) => request.x === x);
    const results = tf.tidy(() => {
      const gates = reading.map(({ gates }) => gates);
      const experts: HeldExperts = {
        ranks: tf.tensor1d([...ranks], 'int32'),
        held: selected(gates.length > 1 ? tf.addN(gates) : gates[0]!),
        mask,
      };
      const units = activation(heldUnits(x, params, experts));
      const ups = { up: params.up as tf.Tensor2D, upBias: params.upBias };
      return gates.map((gates) =>
        heldSums(units, { gates: gates as tf.Tensor2D, used: selected(gates) }, ups, experts),
      );
    });
    for (const [i, request] of reading.entries()) sums.set(request, results[i]!);
  }
  return requests.map((request) => sums.get(request)!);
}

const forms: Record<Form, (mixing: Mixing, requests: readonly Request[]) => tf.Tensor3D[]> = { loop, fused, sparse };

/** Every expert in turn: the definition, and what the other forms must equal. */
function loop({ params, ranks, activation, mask }: Mixing, requests: readonly Request[]): tf.Tensor3D[] {
  const experts = splitExperts(params, ranks);
  const outputsOf = once((x: tf.Tensor3D) =>
    experts.map((expert, n) => (ranks[n] === 0 ? undefined : lowRankExpert(expert, x, activation, mask))),
  );
  return requests.map(({ x, gates }) => {
    const columns = pieces(gates, ranks.length, gates.rank - 1) as GateTensor[];
    const weighted = outputsOf(x).flatMap((output, n) =>
      output ? [tf.mul(output, overFrames(columns[n]!)) as tf.Tensor3D] : [],
    );
    return weighted.length > 0 ? tf.addN(weighted) : tf.zerosLike(x);
  });
}

/**
 * The form that measures fastest. Where the backend has an operation for it, leaving experts out always pays. Else, reading the choice back
 * stalls a GPU, so there the experts are never picked apart; elsewhere that pays once the work that is left out outweighs a dozen small calls
 * and a copy of the weights for each sample (see `pnpm bench moe`).
 */
export function fastestForm({ params, ranks, mask }: Mixing, topK: number): Form {
  if (topK >= ranks.length || !READS_BACK_CHEAPLY.has(tf.getBackend())) return 'fused';
  if (params.up.rank === 2 && hasHeldExperts()) return 'sparse';
  const [K, D, S] = params.down.shape;
  const leftOut = mask.shape[1] * (K + 1) * D * S * (1 - topK / ranks.length);
  return leftOut > WORTH_IT ? 'sparse' : 'fused';
}

/** Multiply-adds a sample. */
const WORTH_IT = 3e8;
