import { disposeParams, evaluating } from '@mmolre/nn';
import { z } from 'zod';
import { type BertParams, bertStates } from '../bert/bert';
import { bertLayout, initBert } from '../bert/bert-checkpoint';
import { type BertConfig, maxTokensOf, readBertConfig } from '../bert/bert-config';
import { createPretrainedText } from '../bert/pretrained-text';
import { robertaStates } from '../bert/roberta';
import { readCheckpoint } from '../checkpoint/checkpoint';
import { CONFIG_FILE, checkWeights } from '../checkpoint/weight-files';
import { type BertSize, bertCost, besideCost } from '../cost';
import type { Encoder } from '../encoder';
import { loraLayout, loraOptions, withLora } from '../lora/lora';
import { nameAt, type Place, requireJsonAt } from '../place';
import { textRules } from '../tokenizer/text-rules';
import { loadTokenizer } from '../tokenizer/tokenizer';
import { frozen, lora, maxTokens, project, source } from './fields';
import {
  besideFrozen,
  checkBeside,
  checkFrozen,
  EXPECTED,
  findFrozen,
  frozenFiles,
  frozenWeights,
} from './frozen-weights';
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

/** The fields of one that trains. */
export const trainedText = { ...pretrainedText, lora: lora('query', 'value'), frozen };
type TrainedTextConfig = { kind: string } & z.output<z.ZodObject<typeof trainedText>>;

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
  const size = textSizeOf(config, dModel, known, json);
  const length = Math.min(tokens, config.maxTokens);
  return { length, components: [...bertCost(size, length), ...projectionCost(size.dModel, dModel, length)] };
}

const textSizeOf = (config: PretrainedTextConfig, dModel: number, known: Record<string, BertSize>, json?: Json) =>
  sizeOf(config, dModel, known, json && readBertConfig(json, `${config.model}/${CONFIG_FILE}`));

/** The same of one that trains, or of what trains beside it. */
export function trainedTextCost(
  config: TrainedTextConfig,
  dModel: number,
  tokens: number,
  known: Record<string, BertSize>,
  json?: Json,
): KindCost {
  const { length, components } = pretrainedTextCost(config, dModel, tokens, known, json);
  const size = textSizeOf(config, dModel, known, json);
  const layout = bertLayout({ ...size, kind: config.kind as BertConfig['kind'] });
  return { length, components: [...components, ...besideCost(config, layout, size, length)] };
}

/**
 * A BERT or RoBERTa that trains with the model: all of it, adapters beside it, or the weights of its hidden states. Its pooler, if the
 * checkpoint has one, is left out: nothing here reads it.
 *
 * @throws One line: it cannot be found or read, is of another kind, or of another width than the model.
 */
export function openTrainedText(
  config: TrainedTextConfig,
  dModel: number,
  options: OpenOptions,
): Promise<OpenedEncoder<string>> {
  return config.lora || config.frozen ? openBeside(config, dModel, options) : openWhole(config, dModel, options);
}

async function openWhole(
  config: TrainedTextConfig,
  dModel: number,
  { find, kept, log }: OpenOptions,
): Promise<OpenedEncoder<string>> {
  const place = kept ?? (await find(config.model, log));
  const { json, size } = await sizeAt(place, config, dModel);
  if (!kept) await checkWeights(place);
  const tokenizer = await loadTokenizer(place);
  return {
    async init(rng) {
      return {
        ...(kept ? withoutPooler(initBert(size, rng)) : await readWithoutPooler(place, size)),
        ...initProjection(size.dModel, dModel, rng),
      };
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

async function openBeside(
  config: TrainedTextConfig,
  dModel: number,
  options: OpenOptions,
): Promise<OpenedEncoder<string>> {
  checkBeside('text', config);
  const place = await findFrozen('text', config.model, options);
  const { size } = await sizeAt(place, config, dModel);
  await checkWeights(place);
  const layout = bertLayout(size);
  if (config.lora) loraLayout(layout, config.lora); // its targets are there
  const tokenizer = await loadTokenizer(place);
  const { sha256, params } = await frozenWeights(place, () => readWithoutPooler(place, size));
  await checkFrozen(place, sha256, options.kept);
  const { lora, maxTokens, rules } = config;
  const over = (config: BertConfig, params: BertParams) =>
    createPretrainedText({ config, params, tokenizer }, { maxTokens, rules });
  const frozen = over(size, params);
  const states = size.kind === 'roberta' ? robertaStates : bertStates;
  return {
    ...besideFrozen<string>(dModel, {
      lora,
      layout,
      adapted: (adapters) => over({ ...size, lora: loraOptions(lora!) }, withLora(params, adapters)) as Encoder<string>,
      layers: {
        dModel: size.dModel,
        numLayers: size.numLayers,
        identity: sha256,
        keyOf: (text) => new Float32Array(tokenizer.encode(textRules[rules](text), maxTokens)),
        statesOf: (text) => states(params, frozen.prepare([text]), size, evaluating),
        average: 1,
        cache: options.frames,
      },
    }),
    files: frozenFiles(config.model, sha256),
  };
}

/** What an encoder's config.json says. @throws If that does not fit the configuration. */
async function sizeAt(
  place: Place,
  config: TrainedTextConfig,
  dModel: number,
): Promise<{ json: Json; size: BertConfig }> {
  const json = await requireJsonAt(place, CONFIG_FILE, EXPECTED);
  const size = readBertConfig(json, nameAt(place, CONFIG_FILE));
  if (size.kind !== config.kind)
    throw new Error(
      `model.text.kind: expected ${size.kind}, as ${nameAt(place, CONFIG_FILE)} says, found ${config.kind}`,
    );
  checkWidth('text', config, size.dModel, dModel);
  checkTokens(size, config.maxTokens);
  return { json, size };
}

const readWithoutPooler = async (place: Place, size: BertConfig) =>
  withoutPooler(await readCheckpoint<BertParams>(place, bertLayout(size)));

function withoutPooler({ pooler, ...encoder }: BertParams): BertParams {
  if (pooler) disposeParams(pooler);
  return encoder;
}

/** @throws If texts may have more tokens than the encoder has positions. */
export function checkTokens(size: BertConfig, maxTokens: number): void {
  const limit = maxTokensOf(size);
  if (maxTokens < 2 || maxTokens > limit)
    throw new Error(
      `model.text.maxTokens: expected 2 .. ${limit}, the positions of this ${size.kind}, found ${maxTokens}`,
    );
}
