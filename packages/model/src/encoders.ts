import {
  type AudioEncoder,
  type CompactAudioParams,
  type CompactTextParams,
  createCompactAudio,
  createCompactText,
  initCompactAudio,
  initCompactText,
  SUBWORD_WIDTH,
  type TextEncoder,
} from '@mmolre/encoders';
import { freeze, type Params, type Rng } from '@mmolre/nn';
import { z } from 'zod';

// Every kind of encoder that a configuration can name: its fields, and how to make it. A new kind is one entry in each of the two
// parts below.

const probability = z.number().min(0).max(1);
const count = z.number().int().positive();

const compactText = z.strictObject({
  kind: z.literal('compact'),
  numLayers: count,
  numHeads: count,
  width: count,
  dropout: probability,
  maxTokens: count,
  trainTable: z.boolean().describe('whether the subword vectors are trained too'),
});

const compactAudio = z.strictObject({
  kind: z.literal('compact'),
  mel: z.strictObject({ numBands: count, lowest: z.number().min(0), highest: z.number().max(8000) }),
  convs: z.array(z.strictObject({ kernel: count, stride: count })).min(1),
  numLayers: count,
  numHeads: count,
  width: count,
  dropout: probability,
  augment: z.strictObject({
    frequencyWarp: z.number().min(0).max(0.5),
    timeMask: probability,
    frequencyMask: z.number().int().min(0),
    numMasks: z.number().int().min(0),
  }),
  maxSeconds: z.number().positive().max(60),
});

const roberta = z.strictObject({ kind: z.literal('roberta'), model: z.string(), maxTokens: count });
const data2vecAudio = z.strictObject({
  kind: z.literal('data2vec-audio'),
  model: z.string(),
  maxSeconds: z.number().positive(),
  freezeConvolutions: z.boolean(),
});

export const textConfigSchema = z.discriminatedUnion('kind', [compactText, roberta]);
export const audioConfigSchema = z.discriminatedUnion('kind', [compactAudio, data2vecAudio]);
export type TextConfig = z.infer<typeof textConfigSchema>;
export type AudioConfig = z.infer<typeof audioConfigSchema>;

/** An encoder whose files, if it has any, are read: what makes its parameters, and the encoder over parameters that are there. */
export type OpenedEncoder<E> = {
  /** Fresh parameters, or the pretrained ones. */ init(rng: Rng): Params;
  /** The encoder over a tree of that form; freezes in it what the configuration does not train. */ over(
    params: Params,
  ): E;
};

type Kinds<Config extends { kind: string }, E> = {
  [Kind in Config['kind']]: (
    config: Extract<Config, { kind: Kind }>,
    dModel: number,
  ) => OpenedEncoder<E> | Promise<OpenedEncoder<E>>;
};

const textKinds: Kinds<TextConfig, TextEncoder> = {
  compact(config, dModel) {
    if (dModel !== SUBWORD_WIDTH)
      throw new Error(
        `model.dModel: expected ${SUBWORD_WIDTH}, the width of the compact text encoder's vectors, found ${dModel}`,
      );
    return {
      init: (rng) => initCompactText(config, rng),
      over(params) {
        const tree = params as CompactTextParams;
        if (!config.trainTable) freeze(tree.table);
        return createCompactText(config, tree);
      },
    };
  },
  roberta: notBuilt('text'),
};

const audioKinds: Kinds<AudioConfig, AudioEncoder> = {
  compact: (config, dModel) => ({
    init: (rng) => initCompactAudio(config, dModel, rng),
    over: (params) => createCompactAudio(config, params as CompactAudioParams),
  }),
  'data2vec-audio': notBuilt('audio'),
};

function notBuilt(modality: string) {
  return ({ kind }: { kind: string }): never => {
    throw new Error(`model.${modality}.kind: the ${kind} encoder is not built yet; expected compact`);
  };
}

type Open<Config, E> = (config: Config, dModel: number) => Promise<OpenedEncoder<E>>;

/** Reads what the encoder of that kind needs. @throws If it cannot be had, or is of another width than the model. */
export const openTextEncoder: Open<TextConfig, TextEncoder> = async (config, dModel) =>
  (textKinds[config.kind] as Open<TextConfig, TextEncoder>)(config, dModel);
export const openAudioEncoder: Open<AudioConfig, AudioEncoder> = async (config, dModel) =>
  (audioKinds[config.kind] as Open<AudioConfig, AudioEncoder>)(config, dModel);
