import {
  nameAt,
  type OpenedEncoder,
  type OpenOptions,
  openAudioEncoder,
  openTextEncoder,
  type Place,
} from '@mmolre/encoders';
import { createRng, disposeParams, fillParams, mixSeed, parseSafetensors, type Rng, trainable } from '@mmolre/nn';
import { checkFit, type ModelConfig } from './config';
import { type Encoders, initMmolre, type MmolreParams } from './mmolre';

/** A model ready to run: what it is, its weights, and the encoders that read them. */
export type Model = {
  config: ModelConfig;
  params: MmolreParams;
  encoders: Encoders;
  /** What the encoders were made from, for another tree of the same form. */
  opened: { text: OpenedEncoder<string>; audio: OpenedEncoder<Float32Array> };
};

/** In Node `{ find: findPlace }` of `@mmolre/encoders/node`. */
export type EncoderOptions = Pick<OpenOptions, 'find' | 'frames' | 'log'>;

/** The weights of a model, in the folder of a run. */
export const WEIGHTS_FILE = 'model.safetensors';

/**
 * A model with fresh weights, or an encoder's pretrained ones, all variables.
 *
 * @param seed A whole number; the same one gives the same weights.
 * @throws If the configuration does not fit together, or names an encoder that cannot be read.
 */
export async function createModel(config: ModelConfig, seed: number, options: EncoderOptions): Promise<Model> {
  if (!Number.isSafeInteger(seed)) throw new Error(`createModel seed: expected a whole number, got ${seed}`);
  return made(config, await openEncoders(config, options), (part) => createRng(mixSeed(seed, part)));
}

/**
 * The model of a run.
 *
 * @param run Where its `model.safetensors` is and, below `text` and `audio`, what was kept of its encoders (`OpenedEncoder.files`).
 * @param options `find` is asked only for an encoder that is frozen as a whole, whose weights are no part of a run.
 * @throws One line: which file is missing, cut short, or does not fit the configuration.
 */
export async function loadModel(
  config: ModelConfig,
  run: Place,
  options: Partial<EncoderOptions> = {},
): Promise<Model> {
  const name = nameAt(run, WEIGHTS_FILE);
  const bytes = await run.read(WEIGHTS_FILE);
  if (!bytes)
    throw new Error(`${name}: not found; expected the weights of a trained run (did its training finish an epoch?)`);
  const stored = parseSafetensors(bytes, name);
  const opened = await openEncoders(config, { find: notFound, ...options }, run);
  const zeros = zerosWithin(bytes.length);
  const blank = await made(config, opened, () => zeros).catch((error) => {
    if (!(error instanceof RangeError)) throw error;
    throw new Error(`${name}: does not fit the model: the configuration asks for far more numbers than are stored`);
  });
  try {
    return withParams(blank, trainable(fillParams(blank.params, stored, name)));
  } finally {
    disposeParams(blank.params);
  }
}

/** What a blank model takes beside a number for each byte of its file, which has four to a number: a small misfit is told by its tensors. */
const SPARE = 2 ** 20;

/** Zeros for a blank model; a RangeError once it draws far more of them than a file of so many bytes can fill. */
function zerosWithin(bytes: number): Rng {
  let left = bytes + SPARE;
  const zero = () => {
    left -= 1;
    if (left < 0) throw new RangeError('too many numbers');
    return 0;
  };
  return { bits: zero, uniform: zero, normal: zero };
}

const notFound: OpenOptions['find'] = async (source) => {
  throw new Error(`${source}: cannot be looked for; pass the option find`);
};

/**
 * Finds what the encoders need, and checks whether it fits.
 *
 * @param run A run that kept what is needed of them; absent, they come from where the configuration says.
 * @throws One line, as `createModel`.
 */
export async function openEncoders(
  config: ModelConfig,
  options: EncoderOptions,
  run?: Place,
): Promise<Model['opened']> {
  checkFit(config);
  const { text, audio, dModel } = config;
  return {
    text: await openTextEncoder(text, dModel, { ...options, kept: run?.below('text') }),
    audio: await openAudioEncoder(audio, dModel, { ...options, kept: run?.below('audio') }),
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
