import type { Sequence } from '@mmolre/nn';
import { z } from 'zod';
import { readBertConfig } from '../bert/bert-config';
import { createFrozenText } from '../bert/frozen-text';
import { type PretrainedText, readPretrainedText } from '../bert/pretrained-text';
import { copyUpper, type UpperLayersParams, withoutUpper, withUpper } from '../bert/upper-layers';
import { CONFIG_FILE, checkWeights } from '../checkpoint/weight-files';
import type { Encoder } from '../encoder';
import { nameAt, type Place, requireJsonAt } from '../place';
import { checkFrozen, EXPECTED, findFrozen, frozenFiles, hashOf } from './frozen-weights';
import type { EncoderKind, OpenOptions } from './kind';
import { checkTokens, miniLmSizes, pretrainedText, pretrainedTextCost } from './pretrained-text';
import { checkWidth, initProjection, type Projected, projected } from './projection';

const schema = z.strictObject({
  kind: z.literal('minilm'),
  ...pretrainedText,
  trainedLayers: z.number().int().min(0).max(256).default(0).describe('of its six layers, how many upper ones train'),
});

/**
 * all-MiniLM-L6-v2, of which nothing trains, or some upper layers: what the others make of a text is computed once. The weights that do not train
 * are no part of a run, which would grow by 91 MB that everybody can fetch; the run keeps their hash, and refuses others.
 */
export const minilm: EncoderKind<string, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'minilm',
    model: 'pip:minilm',
    maxTokens: 64,
    rules: 'none',
    project: true,
    trainedLayers: 0,
  }),
  cost: (config, dModel, tokens, size) => pretrainedTextCost(config, dModel, tokens, miniLmSizes, size),
  async open(config, dModel, options) {
    const place = await findFrozen('text', config.model, options);
    const size = readBertConfig(await requireJsonAt(place, CONFIG_FILE, EXPECTED), nameAt(place, CONFIG_FILE));
    checkWidth('text', config, size.dModel, dModel);
    checkTokens(size, config.maxTokens);
    const { trainedLayers } = config;
    if (trainedLayers > size.numLayers)
      throw new Error(`model.text.trainedLayers: expected 0 .. ${size.numLayers}, found ${trainedLayers}`);
    await checkWeights(place);
    const { sha256, model, lower } = await shared(place, config, options);
    await checkFrozen(place, sha256, options.kept);
    return {
      init: (rng) => ({
        ...(trainedLayers > 0 && copyUpper(model.params, trainedLayers)),
        ...initProjection(size.dModel, dModel, rng),
      }),
      over(params) {
        const encoder = trainedLayers > 0 ? withUpper(lower, params as UpperLayersParams, size) : lower;
        return projected(encoder as Encoder<string>, dModel, params as Projected);
      },
      files: frozenFiles(config.model, sha256),
    };
  },
};

type Shared = { sha256: string; model: PretrainedText; lower: Encoder<string, Sequence> };
const NO_CACHE = {};
const loaded = new WeakMap<object, Map<string, Promise<Shared>>>();

/** One copy of the weights a process, and of what the layers that do not train made of each text, for every model that reads them. */
function shared(
  place: Place,
  { maxTokens, rules, trainedLayers }: z.output<typeof schema>,
  { frames }: OpenOptions,
): Promise<Shared> {
  const known = loaded.get(frames ?? NO_CACHE) ?? new Map<string, Promise<Shared>>();
  loaded.set(frames ?? NO_CACHE, known);
  const key = JSON.stringify([place.name, maxTokens, rules, trainedLayers]);
  const found = known.get(key) ?? load();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;

  async function load(): Promise<Shared> {
    const sha256 = await hashOf(place);
    const model = await readPretrainedText(place);
    const options = { maxTokens, rules, ...(frames && { cache: frames }) };
    return { sha256, model, lower: createFrozenText(withoutUpper(model, trainedLayers), options) };
  }
}
