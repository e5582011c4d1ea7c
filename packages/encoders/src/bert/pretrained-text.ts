import { evaluating } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { readCheckpoint } from '../checkpoint/checkpoint';
import { CONFIG_FILE } from '../checkpoint/weight-files';
import type { Encoder, TextInput } from '../encoder';
import { padTokens } from '../pad-tokens';
import { nameAt, type Place, requireJsonAt } from '../place';
import { type TextRules, textRules } from '../tokenizer/text-rules';
import { loadTokenizer, type TextTokenizer } from '../tokenizer/tokenizer';
import { type BertParams, bert } from './bert';
import { bertLayout } from './bert-checkpoint';
import { type BertConfig, maxTokensOf, readBertConfig } from './bert-config';
import { poolText, unitLength } from './pooling';
import type { Pooling } from './pooling-names';
import { roberta } from './roberta';

/** A BERT or RoBERTa with what its folder says of it. */
export type PretrainedText = {
  config: BertConfig;
  params: BertParams;
  tokenizer: TextTokenizer;
  /** The fields of `config.json`, kept for saving. */
  configJson: Record<string, unknown>;
};

/** What each pretrained encoder has beside its weights: its form. */

/**
 * Reads a BERT or RoBERTa: config.json, weights and tokenizer.
 *
 * @returns Its parameters are plain tensors: `trainable(params)` makes them train.
 * @throws One error for people: what is missing or does not fit, and what to do.
 */
export async function readPretrainedText(place: Place): Promise<PretrainedText> {
  const configJson = await requireJsonAt(place, CONFIG_FILE, 'the folder of a Hugging Face model');
  const config = readBertConfig(configJson, nameAt(place, CONFIG_FILE));
  const tokenizer = await loadTokenizer(place);
  checkVocabulary(tokenizer, config);
  const params = await readCheckpoint<BertParams>(place, bertLayout(config));
  return { config, params, tokenizer, configJson };
}

export type PretrainedTextOptions = {
  /** Tokens that a text is cut at, the special ones included; absent, as many as the model has positions. MMML: 96. */
  maxTokens?: number;
  rules?: TextRules;
};

/** A text encoder from a loaded model. Pass `trainable(params)` for parameters that train. */
export function createPretrainedText(
  { config, params, tokenizer }: Pick<PretrainedText, 'config' | 'params' | 'tokenizer'>,
  { maxTokens = maxTokensOf(config), rules = 'none' }: PretrainedTextOptions = {},
): Encoder<string, TextInput> {
  const limit = maxTokensOf(config);
  if (!(maxTokens >= 2 && maxTokens <= limit)) {
    throw new Error(`maxTokens: expected 2 .. ${limit}, the positions of this ${config.kind}, got ${maxTokens}`);
  }
  checkVocabulary(tokenizer, config);
  const encode = config.kind === 'roberta' ? roberta : bert;
  return {
    dModel: config.dModel,
    params,
    prepare: (texts) =>
      padTokens(
        texts.map((text) => tokenizer.encode(textRules[rules](text), maxTokens)),
        config.padId,
      ),
    encode: (input, mode) => encode(params, input, config, mode),
  };
}

/**
 * One vector a text, in one batch, for comparing texts by meaning.
 *
 * @param options `normalise`: to length 1, so that a product is a cosine (on).
 * @returns [B, D]
 */
export function embedTexts(
  model: Pick<PretrainedText, 'config' | 'params' | 'tokenizer'>,
  texts: readonly string[],
  { pooling, normalise = true, ...options }: PretrainedTextOptions & { pooling: Pooling; normalise?: boolean },
): tf.Tensor2D {
  const encoder = createPretrainedText(model, options);
  return tf.tidy(() => {
    const pooled = poolText(model.params, encoder.encode(encoder.prepare(texts), evaluating), pooling);
    return normalise ? unitLength(pooled) : pooled;
  });
}

function checkVocabulary(tokenizer: TextTokenizer, { vocabSize }: BertConfig): void {
  if (tokenizer.maxId < vocabSize) return;
  throw new Error(
    `the tokenizer gives ids up to ${tokenizer.maxId}, the model has vectors for ${vocabSize}: they do not belong together`,
  );
}
