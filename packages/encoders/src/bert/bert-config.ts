import type { Activation, LoraOptions } from '@mmolre/nn';
import { configFields } from '../config-fields';

/** The sizes and settings of a BERT or RoBERTa, read from `config.json`. */
export type BertConfig = {
  /** Decides the positions, the checkpoint's prefix and the tokenizer. */
  kind: 'bert' | 'roberta';
  /** Tokens that the table of word vectors holds. */
  vocabSize: number;
  dModel: number;
  numLayers: number;
  numHeads: number;
  /** Inner width of the feed-forward networks. */
  width: number;
  activation: Activation;
  /** On the embeddings and on what each half of a layer adds. */
  dropout: number;
  /** On the attention's weights. */
  attentionDropout: number;
  /** Rows of the table of positions. RoBERTa's first ones, up to the padding's, are no positions. */
  maxPositions: number;
  numTokenTypes: number;
  /** Of the layer norms. */
  epsilon: number;
  padId: number;
  /** Deviation of the weights of a model that starts from random numbers. */
  initializerRange: number;
  /** How adapters beside the layers' weights are applied, where there are some; everything else is frozen then. */
  lora?: LoraOptions;
};

/** `hidden_act` by the name that `config.json` gives. Three names stand for the tanh approximation. */
const ACTIVATIONS: Record<string, Activation> = {
  gelu: 'gelu',
  relu: 'relu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
};

const KINDS = ['bert', 'roberta'] as const;

/**
 * Reads a `config.json`. What it leaves out has the default of Python's `transformers`.
 *
 * @param json The file's content, parsed.
 * @param name What error messages call it.
 * @throws One error that lists every field that is wrong or asks for what is not built.
 */
export function readBertConfig(json: unknown, name: string): BertConfig {
  const { fields, problems, read, size, rate, small } = configFields(json, name);
  const oneOf = (field: string, fallback: string, choices: readonly string[]) =>
    read(field, fallback, (value) => choices.includes(value as string), `one of ${choices.join(', ')}`);

  const kind = oneOf('model_type', '', KINDS) as BertConfig['kind'];
  const isRoberta = kind === 'roberta';
  const config: BertConfig = {
    kind,
    vocabSize: size('vocab_size', isRoberta ? 50_265 : 30_522),
    dModel: size('hidden_size', 768),
    numLayers: size('num_hidden_layers', 12, 1, 1024),
    numHeads: size('num_attention_heads', 12),
    width: size('intermediate_size', 3072),
    activation: ACTIVATIONS[oneOf('hidden_act', 'gelu', Object.keys(ACTIVATIONS))]!,
    dropout: rate('hidden_dropout_prob', 0.1),
    attentionDropout: rate('attention_probs_dropout_prob', 0.1),
    maxPositions: size('max_position_embeddings', 512),
    numTokenTypes: size('type_vocab_size', 2),
    epsilon: small('layer_norm_eps', 1e-12),
    padId: size('pad_token_id', isRoberta ? 1 : 0, 0),
    initializerRange: small('initializer_range', 0.02),
  };
  oneOf('position_embedding_type', 'absolute', ['absolute']);
  for (const field of ['is_decoder', 'add_cross_attention']) {
    if (fields[field]) problems.push(`${field}: only encoders are built`);
  }
  if (problems.length === 0) {
    const { dModel, numHeads, padId, vocabSize } = config;
    if (dModel % numHeads !== 0) problems.push(`num_attention_heads: ${numHeads} do not divide hidden_size ${dModel}`);
    if (padId >= vocabSize) problems.push(`pad_token_id: ${padId} is not below vocab_size ${vocabSize}`);
    if (maxTokensOf(config) < 2)
      problems.push(`max_position_embeddings: ${config.maxPositions} leave no position for a token`);
  }
  if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
  return config;
}

/** The longest sequence that the table of positions can tell apart. */
export function maxTokensOf({ kind, maxPositions, padId }: BertConfig): number {
  return kind === 'roberta' ? maxPositions - padId - 1 : maxPositions;
}

/**
 * The `config.json` of a configuration, as `transformers` reads it.
 *
 * @param original The file that it was read from: its other fields are kept.
 */
export function toConfigJson(config: BertConfig, original: Record<string, unknown> = {}): Record<string, unknown> {
  const known = ACTIVATIONS[original.hidden_act as string] === config.activation;
  const isRoberta = config.kind === 'roberta';
  const { torch_dtype: _, ...kept } = original;
  return {
    ...kept,
    architectures: [isRoberta ? 'RobertaModel' : 'BertModel'],
    model_type: config.kind,
    dtype: 'float32',
    vocab_size: config.vocabSize,
    hidden_size: config.dModel,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    intermediate_size: config.width,
    hidden_act: known ? original.hidden_act : config.activation === 'gelu-tanh' ? 'gelu_new' : config.activation,
    hidden_dropout_prob: config.dropout,
    attention_probs_dropout_prob: config.attentionDropout,
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.numTokenTypes,
    layer_norm_eps: config.epsilon,
    pad_token_id: config.padId,
    ...(isRoberta && original.bos_token_id === undefined ? { bos_token_id: 0, eos_token_id: 2 } : {}),
    initializer_range: config.initializerRange,
  };
}
