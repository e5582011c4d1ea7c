import type { Activation, LoraOptions } from '@mmolre/nn';
import { configFields, isNumber, isWhole } from '../config-fields';
import { type ConvShape, frameLength } from './raw-audio';
import type { TimeMaskConfig } from './time-mask';

/** The sizes and settings of a Data2Vec-audio encoder, read from `config.json`. */
export type Data2VecAudioConfig = {
  kind: 'data2vec-audio';
  /** The feature extractor's, one a layer. */
  convs: ({ channels: number } & ConvShape)[];
  convBias: boolean;
  /** After the feature extractor's convolutions and the positional ones. */
  convActivation: Activation;
  /** Positional convolutions, one after another. */
  positions: { numLayers: number; kernel: number; groups: number };
  dModel: number;
  numLayers: number;
  numHeads: number;
  /** Inner width of the feed-forward networks. */
  width: number;
  activation: Activation;
  /** On what each half of a layer adds, and before the first layer. */
  dropout: number;
  /** On the attention's weights. */
  attentionDropout: number;
  /** On the hidden units of the feed-forward networks. */
  activationDropout: number;
  /** On the projected frames. */
  projectionDropout: number;
  /** Probability that a training step leaves a layer out. */
  layerDrop: number;
  /** Of the layer norms, but for those beside convolutions (1e-5). */
  epsilon: number;
  /** Whether training masks at all, then how. */
  masking: boolean;
  mask: TimeMaskConfig;
  /** How adapters beside the layers' weights are applied, where there are some; everything else is frozen then. */
  lora?: LoraOptions;
};

/**
 * Reads a `config.json`. What it leaves out has the default of Python's `transformers`, which is data2vec-audio-base; so `{ model_type:
 * 'data2vec-audio' }` is that.
 *
 * @param json The file's content, parsed.
 * @param name What error messages call it.
 * @throws One error that lists every field that is wrong or asks for what is not built.
 */
export function readData2VecAudioConfig(json: unknown, name = 'config.json'): Data2VecAudioConfig {
  const { problems, read, size, rate, small } = configFields(json, name);
  const sizes = (field: string, fallback: number[]) =>
    read(
      field,
      fallback,
      (value) => Array.isArray(value) && value.length > 0 && value.every((v) => isWhole(v, 1)),
      'a list of whole numbers',
    );
  const share = (field: string, fallback: number) =>
    read(field, fallback, (value) => isNumber(value) && value >= 0 && value <= 1, 'a number of 0 .. 1');
  const flag = (field: string, fallback: boolean) =>
    read(field, fallback, (value) => typeof value === 'boolean', 'true or false');
  const activation = (field: string): Activation =>
    read<Activation>(field, 'gelu', (value) => value === 'gelu' || value === 'relu', 'gelu or relu');

  read('model_type', '', (value) => value === 'data2vec-audio', 'data2vec-audio');
  read('add_adapter', false, (value) => value === false, 'false: adapters are not built');
  const channels = sizes('conv_dim', [512, 512, 512, 512, 512, 512, 512]);
  const kernels = sizes('conv_kernel', [10, 3, 3, 3, 3, 2, 2]);
  const strides = sizes('conv_stride', [5, 2, 2, 2, 2, 2, 2]);
  const config: Data2VecAudioConfig = {
    kind: 'data2vec-audio',
    convs: [],
    convBias: flag('conv_bias', false),
    convActivation: activation('feat_extract_activation'),
    positions: {
      numLayers: size('num_conv_pos_embeddings', 5, 1, 1024),
      kernel: size('conv_pos_kernel_size', 19),
      groups: size('num_conv_pos_embedding_groups', 16),
    },
    dModel: size('hidden_size', 768),
    numLayers: size('num_hidden_layers', 12, 1, 1024),
    numHeads: size('num_attention_heads', 12),
    width: size('intermediate_size', 3072),
    activation: activation('hidden_act'),
    dropout: rate('hidden_dropout', 0.1),
    attentionDropout: rate('attention_dropout', 0.1),
    activationDropout: rate('activation_dropout', 0.1),
    projectionDropout: rate('feat_proj_dropout', 0),
    layerDrop: share('layerdrop', 0.1),
    epsilon: small('layer_norm_eps', 1e-5),
    masking: flag('apply_spec_augment', true),
    mask: {
      time: {
        prob: share('mask_time_prob', 0.05),
        length: size('mask_time_length', 10),
        minSpans: size('mask_time_min_masks', 2, 0),
      },
      feature: {
        prob: share('mask_feature_prob', 0),
        length: size('mask_feature_length', 10),
        minSpans: size('mask_feature_min_masks', 0, 0),
      },
    },
  };
  if (problems.length === 0) {
    const { dModel, numHeads, positions } = config;
    if (dModel % numHeads !== 0) problems.push(`num_attention_heads: ${numHeads} do not divide hidden_size ${dModel}`);
    if (dModel % positions.groups !== 0) {
      problems.push(`num_conv_pos_embedding_groups: ${positions.groups} do not divide hidden_size ${dModel}`);
    }
    if (kernels.length !== channels.length || strides.length !== channels.length) {
      const found = [channels, kernels, strides].map((list) => list.length).join(', ');
      problems.push(`conv_dim, conv_kernel, conv_stride: expected lists of one length, found ${found}`);
    }
  }
  if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
  return { ...config, convs: channels.map((n, i) => ({ channels: n, kernel: kernels[i]!, stride: strides[i]! })) };
}

/**
 * The `config.json` of a configuration, as `transformers` reads it.
 *
 * @param original The file that it was read from: its other fields are kept.
 */
export function data2VecAudioConfigJson(
  config: Data2VecAudioConfig,
  original: Record<string, unknown> = {},
): Record<string, unknown> {
  const { torch_dtype: _, ...kept } = original;
  const { convs, positions, mask } = config;
  return {
    ...kept,
    architectures: ['Data2VecAudioModel'],
    model_type: config.kind,
    dtype: 'float32',
    conv_dim: convs.map(({ channels }) => channels),
    conv_kernel: convs.map(({ kernel }) => kernel),
    conv_stride: convs.map(({ stride }) => stride),
    num_feat_extract_layers: convs.length,
    conv_bias: config.convBias,
    feat_extract_activation: config.convActivation,
    num_conv_pos_embeddings: positions.numLayers,
    conv_pos_kernel_size: positions.kernel,
    num_conv_pos_embedding_groups: positions.groups,
    hidden_size: config.dModel,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    intermediate_size: config.width,
    hidden_act: config.activation,
    hidden_dropout: config.dropout,
    attention_dropout: config.attentionDropout,
    activation_dropout: config.activationDropout,
    feat_proj_dropout: config.projectionDropout,
    layerdrop: config.layerDrop,
    layer_norm_eps: config.epsilon,
    apply_spec_augment: config.masking,
    mask_time_prob: mask.time.prob,
    mask_time_length: mask.time.length,
    mask_time_min_masks: mask.time.minSpans,
    mask_feature_prob: mask.feature.prob,
    mask_feature_length: mask.feature.length,
    mask_feature_min_masks: mask.feature.minSpans,
  };
}

/** Frames that the encoder makes of that many samples: 299 of 96,000 at base size. */
export function data2VecAudioFrames(samples: number, { convs }: Data2VecAudioConfig): number {
  return frameLength(samples, convs);
}
