import { findPlace } from '@mmolre/encoders/node';
import { createModel } from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import type { RunConfig } from '../run-config';
import { type TrainOptions, type TrainResult, train } from '../train';

/** Trains a fresh model of the run, and frees it. Checkpoints go nowhere, and nothing stops it, unless told otherwise. */
export async function trainFresh(
  run: RunConfig,
  options: Pick<TrainOptions, 'train' | 'valid'> & Partial<TrainOptions>,
): Promise<TrainResult> {
  const model = await createModel(run.model, run.seed, { find: findPlace });
  const idle = { onEvent: () => {}, onCheckpoint: async () => {}, signal: new AbortController().signal };
  try {
    return await train(model, run, { ...idle, ...options });
  } finally {
    disposeParams(model.params);
  }
}
