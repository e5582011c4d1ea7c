import { dropout, initLinear, type LinearParams, linearLayer, type Mode, modeFor, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

export type HeadParams = { /** dIn -> D, D -> hidden, hidden -> outputs */ layers: LinearParams[] };

export function initHead(dIn: number, dModel: number, hidden: number, outputs: number, rng: Rng): HeadParams {
  return { layers: [initLinear(dIn, dModel, rng), initLinear(dModel, hidden, rng), initLinear(hidden, outputs, rng)] };
}

/**
 * What reads a task's answer: dropout, then three linear layers with ReLU between.
 *
 * @param x [B, dIn]
 * @returns [B, outputs]
 * @see MMoLRE, section III-D
 */
export function head(params: HeadParams, x: tf.Tensor2D, rate: number, mode: Mode): tf.Tensor2D {
  return tf.tidy(() =>
    params.layers.reduce(
      (h, layer, i) => linearLayer(layer, i === 0 ? h : tf.relu(h)),
      dropout(x, rate, modeFor(mode, 0)),
    ),
  );
}
