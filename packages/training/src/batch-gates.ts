import { type Example, hide, MODALITIES, type Modality, type Model, makeBatch, mmolre, type Task } from '@mmolre/model';
import { type Gates, readGates } from '@mmolre/moe';
import { evaluating } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** The gates of each block and task for a batch of examples, a row an example, by modality: one forward pass without dropout. */
export function batchGates(
  model: Model,
  examples: readonly Example[],
  ablate: Modality | 'none',
): Record<Modality, Gates<Task>> {
  return tf.tidy(() => {
    const { input } = makeBatch(model.encoders, examples);
    const present = hide(input.present, ablate);
    const { blocks } = mmolre(model.params, model.encoders, { ...input, present }, model.config, evaluating);
    return Object.fromEntries(MODALITIES.map((modality) => [modality, readGates(blocks[modality])]));
  }) as Record<Modality, Gates<Task>>;
}
