import * as tf from '@tensorflow/tfjs';
import { type Activation, activations } from './activations';
import { initLinear, type LinearParams, linearLayer } from './linear';
import type { Rng } from './random';

export type FeedForwardParams = { inner: LinearParams; outer: LinearParams };

export function initFeedForward(dModel: number, width: number, rng: Rng): FeedForwardParams {
  return { inner: initLinear(dModel, width, rng), outer: initLinear(width, dModel, rng) };
}

/** Two linear layers at every position with an activation between. x [..., D] -> [..., D] */
export function feedForward<T extends tf.Tensor>(params: FeedForwardParams, x: T, activation: Activation): T {
  return tf.tidy(() => linearLayer(params.outer, activations[activation](linearLayer(params.inner, x))));
}
