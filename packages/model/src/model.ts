import { join } from 'node:path';
import { createRng, mixSeed, type Rng, trainable } from '@mmolre/nn';
import type { ModelConfig } from './config';
import { openAudioEncoder, openTextEncoder } from './encoders';
import { type Encoders, initMmolre, type MmolreParams } from './mmolre';
import type { AudioEncoder, OpenedEncoder, OpenOptions, TextEncoder } from './opened-encoder';

/** A model ready to run: what it is, its weights, and the encoders that read them. */
export type Model = {
  config: ModelConfig;
  params: MmolreParams;
  encoders: Encoders;
  /** What the encoders were made from, for another tree of the same form. */
  opened: { text: OpenedEncoder<TextEncoder>; audio: OpenedEncoder<AudioEncoder> };
};

export type EncoderOptions = Pick<OpenOptions, 'cache' | 'log'>;

/**
 * A model with fresh weights, or an encoder's pretrained ones, all variables.
 *
 * @throws If the configuration does not fit together, or names an encoder that cannot be read.
 */
export async function createModel(config: ModelConfig, seed: number, options: EncoderOptions = {}): Promise<Model> {
  return made(config, await openEncoders(config, options), (part) => createRng(mixSeed(seed, part)));
}

/**
 * The model of a run, before its weights are read: of its form, all numbers drawn as 0.
 *
 * @param run Its folder, where `text` and `audio` hold what was kept of its encoders.
 */
export async function blankModel(config: ModelConfig, run: string, options: EncoderOptions = {}): Promise<Model> {
  const nothing: Rng = { bits: () => 0, uniform: () => 0, normal: () => 0 };
  return made(config, await openEncoders(config, options, run), () => nothing);
}

/**
 * Finds what the encoders need, and checks whether it fits.
 *
 * @param run The folder of a run that kept what is needed of them; absent, they come from where the configuration says.
 * @throws One line, as `createModel`.
 */
export async function openEncoders(
  config: ModelConfig,
  options: EncoderOptions = {},
  run?: string,
): Promise<Model['opened']> {
  checkFit(config);
  const { text, audio, dModel } = config;
  const kept = (modality: string) => (run === undefined ? {} : { kept: join(run, modality) });
  return {
    text: await openTextEncoder(text, dModel, { ...options, ...kept('text') }),
    audio: await openAudioEncoder(audio, dModel, { ...options, ...kept('audio') }),
  };
}

async function made(config: ModelConfig, opened: Model['opened'], rng: (part: number) => Rng): Promise<Model> {
  const encoders = { text: await opened.text.init(rng(0)), audio: await opened.audio.init(rng(1)) };
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
