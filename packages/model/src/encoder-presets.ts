import type { RunConfig } from './config';
import {
  type AudioConfig,
  type AudioKind,
  BY_PIP,
  type ConfigOf,
  type TextConfig,
  type TextKind,
} from './encoder-config';

type Presets<Config extends { kind: string }> = { [Kind in Config['kind']]: () => ConfigOf<Config, Kind> };

/** What a text encoder is where nothing else is said: the default run's, and the paper's with 96 tokens as MMML cuts texts. */
export const textPresets: Presets<TextConfig> = {
  compact: () => ({
    kind: 'compact',
    numLayers: 1,
    numHeads: 4,
    width: 192,
    dropout: 0.1,
    maxTokens: 64,
    trainTable: true,
  }),
  roberta: () => ({
    kind: 'roberta',
    model: 'hf:FacebookAI/roberta-base',
    maxTokens: 96,
    rules: 'none',
    project: true,
  }),
  bert: () => ({
    kind: 'bert',
    model: 'hf:google-bert/bert-base-uncased',
    maxTokens: 96,
    rules: 'none',
    project: true,
  }),
  minilm: () => ({ kind: 'minilm', model: BY_PIP, maxTokens: 64, rules: 'none', project: true }),
};

/** The same of an audio encoder; recordings are cut at six seconds, as MMML does. */
export const audioPresets: Presets<AudioConfig> = {
  compact: () => ({
    kind: 'compact',
    mel: { numBands: 80, lowest: 20, highest: 7600 },
    convs: [
      { kernel: 5, stride: 2 },
      { kernel: 3, stride: 2 },
      { kernel: 3, stride: 2 },
    ],
    numLayers: 1,
    numHeads: 4,
    width: 192,
    dropout: 0.1,
    augment: { frequencyWarp: 0.15, timeMask: 0.2, frequencyMask: 12, numMasks: 2 },
    maxSeconds: 6,
  }),
  'data2vec-audio': () => ({
    kind: 'data2vec-audio',
    model: 'hf:facebook/data2vec-audio-base',
    maxSeconds: 6,
    freezeConvolutions: true,
    maskPositionalConvs: false,
    project: true,
  }),
};

/**
 * The run with another encoder; with the same kind, its other settings stay.
 *
 * @param source Where its weights are: a folder or `hf:owner/name`; absent, as the run or the kind has it.
 * @throws If that kind has no weights to read.
 */
export function withTextEncoder(run: RunConfig, kind: TextKind, source?: string): RunConfig {
  const text = run.model.text.kind === kind ? run.model.text : textPresets[kind]();
  return { ...run, model: { ...run.model, text: from(text, source) } };
}

/** The same for the audio. */
export function withAudioEncoder(run: RunConfig, kind: AudioKind, source?: string): RunConfig {
  const audio = run.model.audio.kind === kind ? run.model.audio : audioPresets[kind]();
  return { ...run, model: { ...run.model, audio: from(audio, source) } };
}

function from<Config extends TextConfig | AudioConfig>(config: Config, model: string | undefined): Config {
  if (model === undefined) return config;
  if (!('model' in config)) throw new Error(`the ${config.kind} encoder reads no weights, found ${model}`);
  return { ...config, model };
}
