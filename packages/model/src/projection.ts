import type { Encoder } from '@mmolre/encoders';
import { applyMask, initLinear, type LinearParams, linearLayer, type Params, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** Beside an encoder's own parameters, under `projection`, where its width is not the model's. */
export type Projected = { projection?: LinearParams };

/** @throws If an encoder's width is not the model's, and nothing may stand between them. */
export function checkWidth(field: string, place: string, width: number, dModel: number, project: boolean): void {
  if (width === dModel || project) return;
  throw new Error(
    `model.dModel: expected ${width}, the width of ${place}, found ${dModel}; ` +
      `set model.${field}.project=true for a trained linear layer between them`,
  );
}

/** The linear layer from an encoder's width to the model's; none where they are the same. */
export function initProjection(width: number, dModel: number, rng: Rng): Projected {
  return width === dModel ? {} : { projection: initLinear(width, dModel, rng) };
}

/** The encoder with that layer behind it. */
export function project<E extends Encoder<never>>(encoder: E, dModel: number, params: Projected & Params): E {
  const { projection } = params;
  if (!projection) return { ...encoder, params };
  return {
    ...encoder,
    dModel,
    params,
    encode: (input, mode) =>
      tf.tidy(() => {
        const { hidden, mask } = encoder.encode(input, mode);
        return { hidden: applyMask(linearLayer(projection, hidden), mask), mask };
      }),
  };
}
