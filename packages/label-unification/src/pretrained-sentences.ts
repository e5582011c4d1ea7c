import {
  embedTexts,
  maxTokensOf,
  type Pooling,
  type PretrainedText,
  type TextRules,
  type TextTokenizer,
  textRules,
  weightsOf,
} from '@mmolre/encoders';
import { type FindModelOptions, loadText } from '@mmolre/encoders/node';
import { sha256Of } from '@mmolre/files';
import { createSentenceEncoder, type SentenceEncoderOptions, type SentenceModel } from './sentence-encoder';
import type { SentenceEncoder } from './types';

export type TokenOptions = {
  /** Tokens that a text is cut at; as many as the model has positions. */
  maxTokens?: number;
  /** `unimse`, the default: no spaces around, lower case. */
  rules?: TextRules;
};

export type PretrainedSentencesOptions = SentenceEncoderOptions &
  TokenOptions & {
    /** `pooler`: supervised SimCSE. `first` token: unsupervised SimCSE. `mean` of the tokens: MiniLM and other sentence transformers. */
    pooling: Pooling;
  };

/**
 * A sentence encoder of a loaded BERT or RoBERTa. Its weights are hashed now, where vectors are cached: when they have trained, make a new one.
 *
 * @throws If `pooler` is asked of a checkpoint that has none.
 */
export function pretrainedSentences(model: PretrainedText, options: PretrainedSentencesOptions): SentenceEncoder {
  const { pooling, maxTokens = maxTokensOf(model.config), rules = 'unimse', ...rest } = options;
  const embed: SentenceModel['embed'] = (texts) =>
    embedTexts(model, texts, { pooling, maxTokens, rules, normalise: false });
  embed(['a']).dispose(); // fails before the work begins
  return createSentenceEncoder(
    {
      dimension: model.config.dModel,
      identity:
        rest.cache && JSON.stringify(['sentences', 1, pooling, model.config, sha256Of(weightsOf(model.params))]),
      ...tokensOf(model.tokenizer, { maxTokens, rules }),
      embed,
    },
    rest,
  );
}

/**
 * Loads a sentence encoder.
 *
 * @param source A folder, `hf:owner/name[@revision]` on the Hugging Face hub, or `pip:minilm`.
 * @throws One error for people: what is missing or does not fit.
 */
export async function loadSentences(
  source: string,
  { settings, onProgress, log, ...options }: PretrainedSentencesOptions & FindModelOptions,
): Promise<SentenceEncoder> {
  return pretrainedSentences(await loadText(source, { settings, onProgress, log }), options);
}

/** A text is to a model what its tokens are: two texts with the same ones get the same vector, to the last bit. */
export function tokensOf(
  tokenizer: TextTokenizer,
  { maxTokens, rules = 'unimse' }: TokenOptions,
): Pick<SentenceModel, 'keyOf' | 'lengthOf'> {
  const ids = (text: string) => tokenizer.encode(textRules[rules](text), maxTokens);
  return { keyOf: (text) => ids(text).join(' '), lengthOf: (text) => ids(text).length };
}
