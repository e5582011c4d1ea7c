import { activations, applyMask, assertShape, type LayerNormParams, layerNorm, type Mode } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { balanceLoss } from './balance';
import type { FilledOptions } from './fill-options';
import { fastestForm, mixExperts, mixOne } from './forms';
import type { GateTensor } from './gates';
import { type LowRankExpertParams, lowRankExpert } from './low-rank-expert';
import type { Request } from './mixing';
import { type RouterParams, routerLogits, softmaxOf } from './router';
import { topKGates } from './top-k';
import type { TaskMoeParams } from './types';

// What the blocks of every mixture are made of.

/** The input of one task, checked; the same one for all where there is only one. */
export function inputFor(
  name: string,
  inputs: tf.Tensor3D | Record<string, tf.Tensor3D>,
  mask: tf.Tensor2D,
  { shared, tasks }: TaskMoeParams,
): tf.Tensor3D {
  const x = inputs instanceof tf.Tensor ? inputs : inputs[name];
  if (!x) {
    const expected = Object.keys(tasks).join(', ');
    throw new Error(`taskMoe inputs: expected one for each of ${expected}, that of ${name} is missing`);
  }
  assertShape(x, [...mask.shape, shared.down.shape[1]], 'taskMoe input');
  return x;
}

/** The mask of inputs without padding, [B, T]. */
export function everyFrame(inputs: tf.Tensor3D | Record<string, tf.Tensor3D>, { shared }: TaskMoeParams): tf.Tensor2D {
  const x = inputs instanceof tf.Tensor ? inputs : Object.values(inputs)[0];
  if (!x) throw new Error('taskMoe inputs: expected one for all tasks or one each, got none');
  assertShape(x, ['B', 'T', shared.down.shape[1]], 'taskMoe input');
  return tf.ones([x.shape[0], x.shape[1]]);
}

export type Routed = { gates: GateTensor; logits: GateTensor; balanceLoss: tf.Scalar };

/** What a router gives each expert, after the choice of the k largest; k = N leaves all of them. By token, padded frames get 0. */
export function route(
  params: RouterParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: FilledOptions,
  mode: Mode,
): Routed {
  const { topK, ranks, routerActivation, gateNoise, renormaliseGates, routing } = options;
  if (!Number.isInteger(topK) || topK < 1 || topK > ranks.length)
    throw new Error(`taskMoe topK: expected 1 .. ${ranks.length}, got ${topK}`);
  const logits = routerLogits(params, x, mask, routerActivation, routing);
  const probs = softmaxOf(logits, gateNoise, mode);
  const k = topK === ranks.length ? probs.shape.at(-1)! : topK;
  const chosen = topKGates(probs, k, renormaliseGates, params.expertBias);
  const gates = routing === 'token' ? applyMask(chosen as tf.Tensor3D, mask) : chosen;
  return { gates, logits, balanceLoss: balanceLoss(gates, mask) };
}

/** What each request takes of the shared experts, by the form that the options name or that is fastest. */
export function mixShared(
  { shared }: TaskMoeParams,
  requests: readonly Request[],
  mask: tf.Tensor2D,
  { ranks, topK, expertActivation, form, routing }: FilledOptions,
): tf.Tensor3D[] {
  if (routing === 'token' && form === 'sparse')
    throw new Error("taskMoe form: expected auto, fused or loop, as routing is 'token', got sparse");
  const mixing = { params: shared, ranks, activation: activations[expertActivation], mask };
  const fastest = () => (routing === 'token' ? 'fused' : fastestForm(mixing, topK));
  return mixExperts(mixing, requests, form === 'auto' ? fastest() : form);
}

/** A task's own expert of its input; padded frames are 0 or not. */
export function ownExpert(
  expert: LowRankExpertParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  { expertActivation, form }: FilledOptions,
): tf.Tensor3D {
  const activation = activations[expertActivation];
  return form === 'loop' ? lowRankExpert(expert, x, activation, mask) : mixOne(expert, x, { activation, mask });
}

/** The sum of the experts' parts, with the residual and the norm that are asked for; padded frames 0. */
export function combine(
  x: tf.Tensor3D,
  parts: tf.Tensor3D[],
  norm: LayerNormParams | undefined,
  mask: tf.Tensor2D,
  { residual }: FilledOptions,
): tf.Tensor3D {
  const sum = tf.addN(residual ? [x, ...parts] : parts);
  return applyMask(norm ? layerNorm(norm, sum) : sum, mask);
}
