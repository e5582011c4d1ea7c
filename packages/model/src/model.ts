import type { AudioEncoder, TextEncoder } from '@mmolre/encoders';
import { createRng, mixSeed, trainable } from '@mmolre/nn';
import type { ModelConfig } from './config';
import { type OpenedEncoder, openAudioEncoder, openTextEncoder } from './encoders';
import { type Encoders, initMmolre, type MmolreParams } from './mmolre';

/** A model ready to run: what it is, its weights, and the encoders that read them. */
export type Model = {
  config: ModelConfig;
  params: MmolreParams;
  encoders: Encoders;
  /** What the encoders were made from, for another tree of the same form. */
  opened: { text: OpenedEncoder<TextEncoder>; audio: OpenedEncoder<AudioEncoder> };
};

/**
 * A model with fresh weights, or an encoder's pretrained ones, all variables.
 *
 * @throws If the configuration does not fit together, names an encoder that is not built yet, or one that cannot be read.
 */
export async function createModel(config: ModelConfig, seed: number): Promise<Model> {
  checkFit(config);
  const opened = {
    text: await openTextEncoder(config.text, config.dModel),
    audio: await openAudioEncoder(config.audio, config.dModel),
  };
  const rng = (part: number) => createRng(mixSeed(seed, part));
  const encoders = { text: opened.text.init(rng(0)), audio: opened.audio.init(rng(1)) };
  return over(config, trainable(initMmolre(config, encoders, rng(2))), opened);
}

/** The same model over other parameters of the same form. */
export const withParams = ({ config, opened }: Model, params: MmolreParams): Model => over(config, params, opened);

function over(config: ModelConfig, params: MmolreParams, opened: Model['opened']): Model {
  const encoders = { text: opened.text.over(params.text), audio: opened.audio.over(params.audio) };
  return { config, params, encoders, opened };
}

/** @throws One line, if parts of the configuration do not fit each other. */
export function checkFit({ dModel, text, audio, unitse, fusion }: ModelConfig): void {
  const { topK, ranks, numBlocks } = unitse;
  if (topK > ranks.length)
    throw new Error(`model.unitse.topK: expected at most ${ranks.length} (the number of ranks), found ${topK}`);
  if (!fusion.perTask && numBlocks > 0)
    throw new Error(
      'model.fusion.perTask: expected true, as UniTSE gives each task features of its own, which one fusion for all tasks cannot ' +
        `read; found false with model.unitse.numBlocks ${numBlocks} (set that to 0, or take --variant post-fusion)`,
    );
  const parts = { text, audio, fusion };
  for (const [name, part] of Object.entries(parts)) {
    if ('numHeads' in part && dModel % part.numHeads !== 0) {
      throw new Error(`model.${name}.numHeads: expected a divisor of ${dModel}, found ${part.numHeads}`);
    }
  }
}
