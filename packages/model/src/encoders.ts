import {
  type CompactAudioParams,
  type CompactTextParams,
  createCompactAudio,
  createCompactText,
  initCompactAudio,
  initCompactText,
  SUBWORD_WIDTH,
} from '@mmolre/encoders';
import { freeze } from '@mmolre/nn';
import type { AudioConfig, ConfigOf, TextConfig } from './encoder-config';
import { openFrozenText } from './open-frozen-text';
import { openTrainedAudio } from './open-trained-audio';
import { openTrainedText } from './open-trained-text';
import type { AudioEncoder, OpenedEncoder, OpenOptions, TextEncoder } from './opened-encoder';

// How to make every kind of encoder that a configuration can name. A new kind is its fields in encoder-config.ts, an entry here, what it
// costs in encoder-sizes.ts, and what `--text` or `--audio` start from in presets.ts.

type Open<Config, E> = (config: Config, dModel: number, options: OpenOptions) => Promise<OpenedEncoder<E>>;
type Kinds<Config extends { kind: string }, E> = { [Kind in Config['kind']]: Open<ConfigOf<Config, Kind>, E> };

const NO_FILES: ReadonlyMap<string, string> = new Map();

const textKinds: Kinds<TextConfig, TextEncoder> = {
  async compact(config, dModel) {
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
      files: NO_FILES,
    };
  },
  roberta: openTrainedText,
  bert: openTrainedText,
  minilm: openFrozenText,
};

const audioKinds: Kinds<AudioConfig, AudioEncoder> = {
  compact: async (config, dModel) => ({
    init: (rng) => initCompactAudio(config, dModel, rng),
    over: (params) => createCompactAudio(config, params as CompactAudioParams),
    files: NO_FILES,
  }),
  'data2vec-audio': openTrainedAudio,
};

/** Finds and checks what the encoder of that kind needs; weights that train are read by `init`. @throws One line, if it cannot be had or does not fit. */
export const openTextEncoder: Open<TextConfig, TextEncoder> = (config, dModel, options) =>
  (textKinds[config.kind] as Open<TextConfig, TextEncoder>)(config, dModel, options);
export const openAudioEncoder: Open<AudioConfig, AudioEncoder> = (config, dModel, options) =>
  (audioKinds[config.kind] as Open<AudioConfig, AudioEncoder>)(config, dModel, options);
