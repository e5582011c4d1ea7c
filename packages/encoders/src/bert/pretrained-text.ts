import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileSafely } from '@mmolre/files';
import { evaluating } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { readCheckpoint } from '../checkpoint/checkpoint';
import { WEIGHTS_FILE } from '../checkpoint/weight-files';
import { padTokens } from '../compact/compact-text';
import type { TextEncoder } from '../encoder';
import { type FindModelOptions, findModel } from '../node/hub/find-model';
import { writeCheckpoint } from '../node/write-checkpoint';
import { type TextRules, textRules } from '../tokenizer/text-rules';
import { loadTokenizer, type TextTokenizer } from '../tokenizer/tokenizer';
import { type BertParams, bert } from './bert';
import { bertLayout } from './bert-checkpoint';
import { type BertConfig, maxTokensOf, readBertConfig, toConfigJson } from './bert-config';
import { type Pooling, poolText, unitLength } from './pooling';
import { roberta } from './roberta';

/** A BERT or RoBERTa with what its folder says of it. */
export type PretrainedText = {
  config: BertConfig;
  params: BertParams;
  tokenizer: TextTokenizer;
  /** The fields of `config.json`, kept for saving. */
  configJson: Record<string, unknown>;
};

const CONFIG_FILE = 'config.json';

/**
 * Reads a BERT or RoBERTa: config.json, weights and tokenizer.
 *
 * @param source A folder, or `hf:owner/name[@revision]` on the Hugging Face hub.
 * @returns Its parameters are plain tensors: `trainable(params)` makes them train.
 * @throws One error for people: what is missing or does not fit, and what to do.
 */
export async function loadText(source: string, options: FindModelOptions = {}): Promise<PretrainedText> {
  const folder = await findModel(source, options);
  const configJson = await readJson(join(folder, CONFIG_FILE));
  const config = readBertConfig(configJson, join(folder, CONFIG_FILE));
  const tokenizer = await loadTokenizer(folder);
  checkVocabulary(tokenizer, config);
  const params = await readCheckpoint<BertParams>(folder, bertLayout(config));
  return { config, params, tokenizer, configJson };
}

/**
 * Writes a folder that `loadText` and Python's `transformers` read: config.json, model.safetensors and the tokenizer's files.
 */
export async function saveText(
  folder: string,
  { config, params, tokenizer, configJson }: PretrainedText,
): Promise<void> {
  const write = (name: string, text: string) => writeFileSafely(join(folder, name), text);
  await write(CONFIG_FILE, `${JSON.stringify(toConfigJson(config, configJson), null, 2)}\n`);
  for (const [name, text] of tokenizer.files) await write(name, text);
  await writeCheckpoint(join(folder, WEIGHTS_FILE), params, bertLayout(config));
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
): TextEncoder {
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

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT'
        ? `${path}: not found; expected the folder of a Hugging Face model`
        : `${path}: ${error.message}`,
    );
  });
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`${path}: expected JSON, found something else (cut short?)`);
  }
}
