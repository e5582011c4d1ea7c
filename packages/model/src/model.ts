import {
  type CompactAudioParams,
  type CompactTextParams,
  createCompactAudio,
  createCompactText,
  initCompactAudio,
  initCompactText,
  SUBWORD_WIDTH,
} from '@mmolre/encoders';
import { createRng, freeze, mixSeed, trainable } from '@mmolre/nn';
import type { ModelConfig } from './config';
import { type Encoders, initMmolre, type MmolreParams } from './mmolre';

/** A model ready to run: what it is, its weights, and the encoders that read them. */
export type Model = { config: ModelConfig; params: MmolreParams; encoders: Encoders };

/**
 * A model with fresh weights, all variables.
 *
 * @throws If the configuration does not fit together, or names an encoder that is not built yet.
 */
export function createModel(config: ModelConfig, seed: number): Model {
  checkFit(config);
  const { text, audio } = config;
  if (text.kind !== 'compact')
    throw new Error(`model.text.kind: the ${text.kind} encoder is not built yet; expected compact`);
  if (audio.kind !== 'compact')
    throw new Error(`model.audio.kind: the ${audio.kind} encoder is not built yet; expected compact`);
  const rng = (part: number) => createRng(mixSeed(seed, part));
  const textParams = initCompactText(text, rng(0));
  const audioParams = initCompactAudio(audio, config.dModel, rng(1));
  const encoders = { text: createCompactText(text, textParams), audio: createCompactAudio(audio, audioParams) };
  return withParams(config, trainable(initMmolre(config, encoders, rng(2))));
}

/** A model over parameters that are already there. */
export function withParams(config: ModelConfig, params: MmolreParams): Model {
  const { text, audio } = config;
  if (text.kind !== 'compact' || audio.kind !== 'compact') throw new Error('only the compact encoders are built yet');
  const encoders = {
    text: createCompactText(text, params.text as CompactTextParams),
    audio: createCompactAudio(audio, params.audio as CompactAudioParams),
  };
  if (!text.trainTable) freeze((params.text as CompactTextParams).table);
  return { config, params, encoders };
}

function checkFit({ dModel, text, audio, unitse, fusion }: ModelConfig): void {
  const { topK, ranks } = unitse;
  if (topK > ranks.length)
    throw new Error(`model.unitse.topK: expected at most ${ranks.length} (the number of ranks), found ${topK}`);
  if (text.kind === 'compact' && dModel !== SUBWORD_WIDTH) {
    throw new Error(
      `model.dModel: expected ${SUBWORD_WIDTH}, the width of the compact text encoder's vectors, found ${dModel}`,
    );
  }
  const parts = { text, audio, fusion };
  for (const [name, part] of Object.entries(parts)) {
    if ('numHeads' in part && dModel % part.numHeads !== 0) {
      throw new Error(`model.${name}.numHeads: expected a divisor of ${dModel}, found ${part.numHeads}`);
    }
  }
}
