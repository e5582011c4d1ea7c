import { applyMask, initLinear, type LinearParams, linearLayer, type Params, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { EncoderCost } from '../cost';
import type { Encoder } from '../encoder';

/** Beside an encoder's own parameters, under `projection`, where its width is not the model's. */
export type Projected = { projection?: LinearParams };

/** @throws If an encoder's width is not the model's, and nothing may stand between them. */
export function checkWidth(
  field: string,
  { model, project }: { model: string; project: boolean },
  width: number,
  dModel: number,
): void {
  if (width === dModel || project) return;
  throw new Error(
    `model.dModel: expected ${width}, the width of ${model}, found ${dModel}; ` +
      `set model.${field}.project=true for a trained linear layer between them`,
  );
}

/** The linear layer from an encoder's width to the model's; none where they are the same. */
export function initProjection(width: number, dModel: number, rng: Rng): Projected {
  return width === dModel ? {} : { projection: initLinear(width, dModel, rng) };
}

/** An encoder's own parameters, without that layer. */
export function withoutProjection(params: Params): Params {
  const { projection: _, ...own } = params as Record<string, Params> & Projected;
  return own;
}

/** The encoder with that layer behind it. */
export function projected<Item>(encoder: Encoder<Item>, dModel: number, params: Projected & Params): Encoder<Item> {
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

export function projectionCost(width: number, dModel: number, positions: number): EncoderCost[] {
  if (width === dModel) return [];
  return [{ name: 'projection', parameters: (width + 1) * dModel, multiplyAdds: positions * width * dModel }];
}

/**
 * The size of a pretrained encoder: the given one, else the known one of the model's width, or of what its name says where a layer stands
 * between. A configuration names its weights, which need not be there to be counted.
 */
export function sizeOf<Size extends { dModel: number }>(
  { model, project }: { model: string; project: boolean },
  dModel: number,
  known: Record<string, Size>,
  given: Size | undefined,
): Size {
  if (given) {
    if (given.dModel === dModel || project) return given;
    throw new Error(`model.dModel: expected ${given.dModel}, the width of ${model}, found ${dModel}`);
  }
  if (project) return (/large/i.test(model) && known.large) || Object.values(known)[0]!;
  const size = Object.values(known).find((size) => size.dModel === dModel);
  if (size) return size;
  const widths = Object.entries(known).map(([name, { dModel }]) => `${dModel} (${name})`);
  throw new Error(`model.dModel: expected the width of a known encoder, ${widths.join(' or ')}, found ${dModel}`);
}
