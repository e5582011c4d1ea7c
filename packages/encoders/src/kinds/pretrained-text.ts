import { disposeParams } from '@mmolre/nn';
import { z } from 'zod';
import type { BertParams } from '../bert/bert';
import { bertLayout, initBert } from '../bert/bert-checkpoint';
import { type BertConfig, maxTokensOf, readBertConfig } from '../bert/bert-config';
import { createPretrainedText } from '../bert/pretrained-text';
import { readCheckpoint } from '../checkpoint/checkpoint';
import { CONFIG_FILE, checkWeights } from '../checkpoint/weight-files';
import { type BertSize, bertCost } from '../cost';
import { nameAt, requireJsonAt } from '../place';
import { loadTokenizer } from '../tokenizer/tokenizer';
import { maxTokens, project, source } from './fields';
import type { Json, KindCost, OpenedEncoder, OpenOptions } from './kind';
import { checkWidth, initProjection, type Projected, projected, projectionCost, sizeOf } from './projection';

// What the kinds of BERT and RoBERTa have in common.

export const pretrainedText = {
  model: source,
  maxTokens,
  rules: z.enum(['none', 'mmml']).default('none').describe('what is done to a text first'),
  project,
};
export type PretrainedTextConfig = { kind: string } & z.output<z.ZodObject<typeof pretrainedText>>;

/** What is expected where the config.json of an encoder should be. */
export const EXPECTED = 'the config.json of a Hugging Face model, or what a run keeps of it';

const table = { vocabSize: 30_522, maxPositions: 512, numTokenTypes: 2 };
export const bertSizes = {
  base: { ...table, dModel: 768, numLayers: 12, width: 3072 },
  large: { ...table, dModel: 1024, numLayers: 24, width: 4096 },
};
export const miniLmSizes = { L6: { ...table, dModel: 384, numLayers: 6, width: 1536 } };

/** What an encoder of one of the known sizes, or of a given config.json, costs; the layer behind it included. */
export function pretrainedTextCost(
  config: PretrainedTextConfig,
  dModel: number,
  tokens: number,
  known: Record<string, BertSize>,
  json?: Json,
): KindCost {
  const size = sizeOf(config, dModel, known, json && readBertConfig(json, `${config.model}/${CONFIG_FILE}`));
  const length = Math.min(tokens, config.maxTokens);
  return { length, components: [...bertCost(size, length), ...projectionCost(size.dModel, dModel, length)] };
}

/**
 * A BERT or RoBERTa that trains with the model. Its pooler, if the checkpoint has one, is left out: nothing here reads it.
 *
 * @throws One line: it cannot be found or read, is of another kind, or of another width than the model.
 */
export async function openTrainedText(
  config: PretrainedTextConfig,
  dModel: number,
  { find, kept, log }: OpenOptions,
): Promise<OpenedEncoder<string>> {
  const place = kept ?? (await find(config.model, log));
  const json = await requireJsonAt(place, CONFIG_FILE, EXPECTED);
  const size = readBertConfig(json, nameAt(place, CONFIG_FILE));
  if (size.kind !== config.kind)
    throw new Error(
      `model.text.kind: expected ${size.kind}, as ${nameAt(place, CONFIG_FILE)} says, found ${config.kind}`,
    );
  checkWidth('text', config, size.dModel, dModel);
  checkTokens(size, config.maxTokens);
  if (!kept) await checkWeights(place);
  const tokenizer = await loadTokenizer(place);
  return {
    async init(rng) {
      const params = kept ? initBert(size, rng) : await readCheckpoint<BertParams>(place, bertLayout(size));
      const { pooler, ...encoder } = params;
      if (pooler) disposeParams(pooler);
      return { ...encoder, ...initProjection(size.dModel, dModel, rng) };
    },
    over(params) {
      const { maxTokens, rules } = config;
      const tree = params as BertParams & Projected;
      const encoder = createPretrainedText({ config: size, params: tree, tokenizer }, { maxTokens, rules });
      return projected<string>(encoder, dModel, tree);
    },
    files: new Map([[CONFIG_FILE, JSON.stringify(json, null, 2)], ...tokenizer.files]),
  };
}

/** @throws If texts may have more tokens than the encoder has positions. */
export function checkTokens(size: BertConfig, maxTokens: number): void {
  const limit = maxTokensOf(size);
  if (maxTokens < 2 || maxTokens > limit)
    throw new Error(
      `model.text.maxTokens: expected 2 .. ${limit}, the positions of this ${size.kind}, found ${maxTokens}`,
    );
}
