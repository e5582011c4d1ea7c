import { join } from 'node:path';
import {
  type BertConfig,
  type BertParams,
  bertLayout,
  createPretrainedText,
  initBert,
  loadTokenizer,
  maxTokensOf,
  readBertConfig,
  readCheckpoint,
} from '@mmolre/encoders';
import { disposeParams } from '@mmolre/nn';
import type { ConfigOf, TextConfig } from './encoder-config';
import { CONFIG_FILE, checkWeights, findPretrained, readJsonFile } from './encoder-folder';
import type { OpenedEncoder, OpenOptions, TextEncoder } from './opened-encoder';
import { checkWidth, initProjection, type Projected, project } from './projection';

type Config = ConfigOf<TextConfig, 'roberta' | 'bert'>;

/**
 * A BERT or RoBERTa that trains with the model. Its pooler, if the checkpoint has one, is left out: nothing here reads it.
 *
 * @throws One line: it cannot be found or read, is of another kind, or of another width than the model.
 */
export async function openTrainedText(
  config: Config,
  dModel: number,
  options: OpenOptions,
): Promise<OpenedEncoder<TextEncoder>> {
  const { kept } = options;
  const folder = kept ?? (await findPretrained(config.model, options));
  const json = await readJsonFile(join(folder, CONFIG_FILE));
  const size = readBertConfig(json, join(folder, CONFIG_FILE));
  if (size.kind !== config.kind)
    throw new Error(
      `model.text.kind: expected ${size.kind}, as ${join(folder, CONFIG_FILE)} says, found ${config.kind}`,
    );
  checkWidth('text', config.model, size.dModel, dModel, config.project);
  checkTokens(size, config.maxTokens);
  if (kept === undefined) await checkWeights(folder, bertLayout(size));
  const tokenizer = await loadTokenizer(folder);
  return {
    async init(rng) {
      const params =
        kept === undefined ? await readCheckpoint<BertParams>(folder, bertLayout(size)) : initBert(size, rng);
      const { pooler, ...encoder } = params;
      if (pooler) disposeParams(pooler);
      return { ...encoder, ...initProjection(size.dModel, dModel, rng) };
    },
    over(params) {
      const { maxTokens, rules } = config;
      const tree = params as BertParams & Projected;
      return project<TextEncoder>(
        createPretrainedText({ config: size, params: tree, tokenizer }, { maxTokens, rules }),
        dModel,
        tree,
      );
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
