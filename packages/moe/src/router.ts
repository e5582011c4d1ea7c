import {
  type Activation,
  activations,
  createRng,
  evaluating,
  initLinear,
  type LinearParams,
  linearLayer,
  type Mode,
  maskedMean,
  normal,
  type Rng,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { GateTensor } from './gates';

// B batch, T time, D dModel, N experts

/** What chooses its experts: a sample as a whole, or each frame for itself. */
export type Routing = 'sample' | 'token';

export type RouterParams = {
  /** D -> D/4 */ conv1: LinearParams;
  /** D/4 -> D/4 */ conv2: LinearParams;
  /** D/4 -> N */ gate: LinearParams;
  /** [N], added to the gates for the choice of the k largest and for nothing else; `lossFreeStep` moves it, no gradient does. */
  expertBias?: tf.Tensor1D;
};

export function initRouter(dModel: number, numExperts: number, rng: Rng): RouterParams {
  const inner = Math.floor(dModel / 4);
  return {
    conv1: initLinear(dModel, inner, rng),
    conv2: initLinear(inner, inner, rng),
    gate: initLinear(inner, numExperts, rng),
  };
}

/**
 * What each expert gets before softmax and noise: two pointwise convolutions with an activation between, the mean over the real frames
 * (or with routing by token, every frame by itself) and a linear layer.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real frame.
 * @returns [B, N], or by token [B, T, N].
 * @see MMoLRE, section III-B; the activation and the last linear layer are MLoRE's.
 */
export function routerLogits(
  params: RouterParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  activation: Activation,
  routing: Routing = 'sample',
): GateTensor {
  return tf.tidy(() => {
    const h = linearLayer(params.conv2, activations[activation](linearLayer(params.conv1, x)));
    return linearLayer<GateTensor>(params.gate, routing === 'token' ? h : maskedMean(h, mask));
  });
}

/**
 * How much of each expert a sample gets: the softmax of `routerLogits`.
 *
 * @param x [B, T, D]
 * @param mask [B, T], 1 = real frame.
 * @param noise Deviation of the normal noise that is added to the logits in training, so that the choice among equals is explored.
 * @returns [B, N], rows that sum to 1.
 */
export function router(
  params: RouterParams,
  x: tf.Tensor3D,
  mask: tf.Tensor2D,
  activation: Activation,
  noise = 0,
  mode: Mode = evaluating,
): tf.Tensor2D {
  return tf.tidy(() => softmaxOf(routerLogits(params, x, mask, activation), noise, mode)) as tf.Tensor2D;
}

/** Softmax over the experts, of logits with noise in training. */
export function softmaxOf(logits: GateTensor, noise: number, mode: Mode): GateTensor {
  if (!mode.training || noise === 0) return tf.softmax(logits);
  return tf.softmax(tf.add(logits, noiseLike(logits, noise, createRng(mode.seed))));
}

/** Drawn frame by frame of all samples, so that frames of padding at the end leave the others' noise as it is. */
function noiseLike({ shape }: GateTensor, deviation: number, rng: Rng): GateTensor {
  if (shape.length === 2) return normal<tf.Rank.R2>(shape, deviation, rng);
  const [B, T, N] = shape as [number, number, number];
  return tf.transpose(normal<tf.Rank.R3>([T, B, N], deviation, rng), [1, 0, 2]);
}
